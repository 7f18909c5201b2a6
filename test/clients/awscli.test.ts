import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram, runProgram } from "../support/program.ts";
import { compareDays } from "./compare.ts";
import { FOX, ODD_KEYS, REGION, sha256, type Facts, type Site } from "./day.ts";
import { CORS_RULE, LIFECYCLE_RULE, openPolicy } from "./documents.ts";
import { anonymousStatus, preflight, probe, seen, tamper, unquoted } from "./probe.ts";
import { runSteps, type Steps } from "./steps.ts";

const STEPS: Steps = {
  "creates a bucket": async (site) => {
    await aws(site, ["s3", "mb", `s3://${site.bucket}`]);
    return {};
  },
  "puts an object": async (site) => {
    const more = ["--content-type", "text/plain", "--metadata", "colour=blue"];
    return { etag: unquoted((await put(site, "fox", FOX, more))[0]) };
  },
  "gets an object": async (site) => {
    const file = join(site.scratch, "got");
    const described = await ask(site, DESCRIBED, "get-object", ["--key", "fox", file]);
    return { sha256: sha256(readFileSync(file)), ...facts(described) };
  },
  "heads an object": async (site) => {
    return facts(await head(site, "fox"));
  },
  "gets a range": async (site) => ({ text: await textOf(site, "fox", ["--range", "bytes=4-8"]) }),
  "gets the last bytes": async (site) => ({
    text: await textOf(site, "fox", ["--range", "bytes=-3"]),
  }),
  "gets an unsatisfiable range": async (site) => ({
    text: await textOf(site, "fox", ["--range", "bytes=100-200"]),
  }),
  "gets a missing key": async (site) => ({ text: await textOf(site, "missing") }),
  "gets from a missing bucket": async (site) => ({
    text: await textOf({ ...site, bucket: "no-such-bucket" }, "fox"),
  }),
  "gets unless unchanged": async (site) => ({
    text: await textOf(site, "fox", ["--if-none-match", '"9e107d9d372bb6826bd81d3542a419d6"']),
  }),
  "puts an empty object": async (site) => {
    await put(site, "empty", "");
    return { size: facts(await head(site, "empty")).size };
  },
  "keeps odd keys": async (site) => {
    for (const key of ODD_KEYS) await put(site, key, key);
    const listed = await keysIn(site);
    const wrong: string[] = [];
    for (const key of ODD_KEYS) {
      if (!listed.includes(key) || (await textOf(site, key)) !== key) wrong.push(key);
    }
    return { wrong };
  },
  "lists in pages": async (site) => {
    const folder = join(site.scratch, "page");
    mkdirSync(folder);
    for (let page = 0; page < 5; page++) writeFileSync(join(folder, `${page}`), FOX);
    await aws(site, ["s3", "sync", folder, `s3://${site.bucket}/page`]);
    const more = ["--prefix", "page/", "--page-size", "2"];
    return { keys: await ask(site, "Contents[].Key", "list-objects-v2", more) };
  },
  "lists with a delimiter": async (site) => {
    await put(site, "tree/leaf", FOX);
    await put(site, "tree/branch/leaf", FOX);
    const more = ["--prefix", "tree/", "--delimiter", "/"];
    return {
      keys: await ask(site, "Contents[].Key", "list-objects-v2", more),
      prefixes: await ask(site, "CommonPrefixes[].Prefix", "list-objects-v2", more),
    };
  },
  "copies an object": async (site) => {
    const [from, to] = [`s3://${site.bucket}/fox`, `s3://${site.bucket}/copy of fox`];
    await aws(site, ["s3", "cp", from, to]);
    return { text: await textOf(site, "copy of fox") };
  },
  "copies with new metadata": async (site) => {
    const source = ["--copy-source", `${site.bucket}/copy of fox`, "--key", "green"];
    const metadata = ["--metadata-directive", "REPLACE", "--metadata", "colour=green"];
    await api(site, "copy-object", [...source, ...metadata]);
    return { colour: facts(await head(site, "green")).colour };
  },
  "uploads 64 MB in parts": async (site) => {
    const [key, back] = [`s3://${site.bucket}/large`, join(site.scratch, "back")];
    await aws(site, ["s3", "cp", site.large, key]);
    await aws(site, ["s3", "cp", key, back]);
    const bytes = readFileSync(back);
    const etag = unquoted((await ask(site, "[ETag]", "head-object", ["--key", "large"]))[0]);
    return { size: bytes.length, intact: sha256(bytes) === site.largeSha256, etag };
  },
  "aborts a multipart upload": async (site) => {
    const key = ["--key", "aborted"];
    const [id = ""] = await ask(site, "[UploadId]", "create-multipart-upload", key);
    const at = [...key, "--upload-id", id];
    await api(site, "upload-part", [...at, "--part-number", "1", "--body", fileOf(site, FOX)]);
    const parts = (await ask(site, "Parts[].ETag", "list-parts", at)).length;
    const before = await uploadsIn(site);
    await api(site, "abort-multipart-upload", at);
    return { parts, before, after: await uploadsIn(site) };
  },
  "uploads a stream": async (site) => {
    await aws(site, ["s3", "cp", "-", `s3://${site.bucket}/stream`], FOX);
    return { text: await textOf(site, "stream") };
  },
  "presigns a GET": async (site) => seen(await probe("GET", await presign(site))),
  "tampers with a presigned URL": async (site) =>
    seen(await probe("GET", tamper(await presign(site)))),
  "keeps versions": (site) => keepVersions({ ...site, bucket: `${site.bucket}-versions` }),
  "deletes several objects": async (site) => {
    const Objects = ["page/0", "page/1", "page/2"].map((Key) => ({ Key }));
    const more = ["--delete", JSON.stringify({ Objects })];
    return { deleted: (await ask(site, "Deleted[].Key", "delete-objects", more)).toSorted() };
  },
  "tags an object": async (site) => {
    await api(site, "put-object-tagging", ["--key", "fox", "--tagging", TAGGING]);
    return { tags: await ask(site, TAGS, "get-object-tagging", ["--key", "fox"]) };
  },
  "tags a bucket": async (site) => {
    await api(site, "put-bucket-tagging", ["--tagging", TAGGING]);
    return { tags: await ask(site, TAGS, "get-bucket-tagging") };
  },
  "opens an object by ACL": async (site) => {
    const closed = await anonymousStatus(site, "fox");
    await api(site, "put-object-acl", ["--key", "fox", "--acl", "public-read"]);
    const grants = await ask(site, "Grants[].Permission", "get-object-acl", ["--key", "fox"]);
    return { closed, open: await anonymousStatus(site, "fox"), grants: grants.toSorted() };
  },
  "answers a CORS preflight": async (site) => {
    const rules = JSON.stringify({ CORSRules: [CORS_RULE] });
    await api(site, "put-bucket-cors", ["--cors-configuration", rules]);
    const kept = await ask(site, "CORSRules[].MaxAgeSeconds", "get-bucket-cors");
    const answer = await preflight(site, "fox");
    await api(site, "delete-bucket-cors");
    return { ...answer, kept };
  },
  "sets a lifecycle": async (site) => {
    const rules = JSON.stringify({ Rules: [LIFECYCLE_RULE] });
    await api(site, "put-bucket-lifecycle-configuration", ["--lifecycle-configuration", rules]);
    const days = "Rules[].Expiration.Days";
    const [kept] = await ask(site, days, "get-bucket-lifecycle-configuration");
    await api(site, "delete-bucket-lifecycle");
    return { days: Number(kept) };
  },
  "opens a prefix by bucket policy": async (site) => {
    await put(site, "open/fox", FOX);
    const closed = await anonymousStatus(site, "open/fox");
    await api(site, "put-bucket-policy", ["--policy", openPolicy(site.bucket)]);
    const [kept] = await ask(site, "[Policy]", "get-bucket-policy");
    const open = await anonymousStatus(site, "open/fox");
    await api(site, "delete-bucket-policy");
    return { closed, open, kept: kept === openPolicy(site.bucket) };
  },
  "uses a wrong secret": async (site) => ({
    text: await textOf({ ...site, secretKey: "wrong" }, "fox"),
  }),
  "uses an unknown key": async (site) => ({
    text: await textOf({ ...site, accessKey: "AKNOBODY000000000000" }, "fox"),
  }),
  "deletes a bucket that is not empty": async (site) => {
    await api(site, "delete-bucket");
    return {};
  },
  "deletes everything": async (site) => {
    await aws(site, ["s3", "rm", "--recursive", `s3://${site.bucket}`]);
    const left = (await keysIn(site)).length;
    await aws(site, ["s3", "rb", `s3://${site.bucket}`]);
    return { left };
  },
};

async function keepVersions(site: Site): Promise<Facts> {
  await api(site, "create-bucket");
  await api(site, "put-bucket-versioning", ["--versioning-configuration", "Status=Enabled"]);
  const [, first = ""] = await put(site, "versioned", "one");
  await put(site, "versioned", "two");
  await api(site, "delete-object", ["--key", "versioned"]);
  const old = await textOf(site, "versioned", [`--version-id=${first}`]);
  const versions = await ask(site, "Versions[].VersionId", "list-object-versions");
  const markers = await ask(site, "DeleteMarkers[].VersionId", "list-object-versions");
  for (const version of [...versions, ...markers]) {
    await api(site, "delete-object", ["--key", "versioned", `--version-id=${version}`]);
  }
  const left = await ask(site, "Versions[].VersionId", "list-object-versions");
  await api(site, "delete-bucket");
  return { versions: versions.length, markers: markers.length, old, left: left.length };
}

/** The fields of an object in a reply: size, type, colour (JMESPath, as `--query` takes it). */
const DESCRIBED = "[ContentLength, ContentType, Metadata.colour]";
const TAGS = "TagSet[].join('=', [Key, Value])";
const TAGGING = JSON.stringify({ TagSet: [{ Key: "colour", Value: "blue" }] });

function facts([size, type = "", colour = ""]: readonly string[]) {
  return { size: Number(size), type, colour };
}

async function head(site: Site, key: string): Promise<readonly string[]> {
  return ask(site, DESCRIBED, "head-object", ["--key", key]);
}

/** Puts an object; returns its ETag and version. */
async function put(site: Site, key: string, content: string, more: readonly string[] = []) {
  const at = ["--key", key, "--body", fileOf(site, content)];
  return ask(site, "[ETag, VersionId]", "put-object", [...at, ...more]);
}

async function textOf(site: Site, key: string, more: readonly string[] = []): Promise<string> {
  const file = join(site.scratch, "got");
  await api(site, "get-object", ["--key", key, ...more, file]);
  return readFileSync(file, "utf8");
}

async function keysIn(site: Site): Promise<readonly string[]> {
  return ask(site, "Contents[].Key", "list-objects-v2");
}

async function uploadsIn(site: Site): Promise<number> {
  return (await ask(site, "Uploads[].UploadId", "list-multipart-uploads")).length;
}

async function presign(site: Site): Promise<string> {
  return (await aws(site, ["s3", "presign", `s3://${site.bucket}/fox`])).trim();
}

/** Writes a file with that content. */
function fileOf(site: Site, content: string): string {
  const file = join(site.scratch, "body");
  writeFileSync(file, content);
  return file;
}

/**
 * Returns the list that `query` finds in the reply to a command of `aws s3api`, empty if it finds
 * nothing.
 */
async function ask(
  site: Site,
  query: string,
  command: string,
  args: readonly string[] = [],
): Promise<readonly string[]> {
  const found: unknown = JSON.parse(
    (await api(site, command, [...args, "--query", query])) || "[]",
  );
  return Array.isArray(found) ? found.map((item) => String(item)) : [];
}

async function api(site: Site, command: string, args: readonly string[] = []): Promise<string> {
  return aws(site, ["s3api", command, "--bucket", site.bucket, "--output", "json", ...args]);
}

async function aws(site: Site, args: readonly string[], input = ""): Promise<string> {
  const ended = await runProgram("aws", ["--endpoint-url", site.endpoint, ...args], {
    env: {
      HOME: site.scratch,
      LANG: "C.UTF-8",
      AWS_ACCESS_KEY_ID: site.accessKey,
      AWS_SECRET_ACCESS_KEY: site.secretKey,
      AWS_DEFAULT_REGION: REGION,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_MAX_ATTEMPTS: "1",
      AWS_PAGER: "",
    },
    input: Buffer.from(input),
  });
  if (ended.status !== 0) throw new Error(ended.errors.trim());
  return ended.output.toString();
}

/** Returns the S3 error code in the program's complaint, or the whole complaint. */
function codeOf(error: unknown): string {
  const complaint = error instanceof Error ? error.message : String(error);
  return /An error occurred \((\w+)\)/.exec(complaint)?.[1] ?? complaint;
}

/** Runs Debian's aws-cli 2.9, from before checksums became the default. */
compareDays({
  name: "awscli",
  needs: [
    {
      name: "aws-cli",
      present: findProgram("aws") !== undefined,
      install: "apt-get install -y --no-install-recommends awscli",
    },
  ],
  day: (site) => runSteps(STEPS, codeOf, site),
  cannot: {
    "copies a part": 'is a step of an upload that "uploads 64 MB in parts" shows',
    "uploads with trailing checksums": "knows no trailers",
    "presigns a GET with a response header": "presigns plain GETs only",
    "presigns a PUT": "presigns plain GETs only",
    "posts a browser form": "makes no forms",
    "posts a form against its policy": "makes no forms",
    "finds a bucket by its host name": "needs a resolver that knows the bucket's name",
  },
});
