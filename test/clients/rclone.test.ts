import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram, runProgram } from "../support/program.ts";
import { compareDays } from "./compare.ts";
import { FOX, ODD_KEYS, REGION, sha256, type Site } from "./day.ts";
import { probe, seen, tamper } from "./probe.ts";
import { runSteps, type Steps } from "./steps.ts";

const STEPS: Steps = {
  "creates a bucket": async (site) => {
    await rclone(site, ["mkdir", at(site)]);
    return {};
  },
  "puts an object": async (site) => {
    const headers = ["--header-upload", "Content-Type: text/plain"];
    const colour = ["--header-upload", "X-Amz-Meta-Colour: blue"];
    await put(site, "fox", FOX, [...headers, ...colour]);
    return {};
  },
  "gets an object": async (site) => ({ sha256: sha256(await get(site, "fox")) }),
  "heads an object": async (site) => {
    const [entry = ""] = await listed(site, "fox", ["--metadata"]);
    return {
      size: Number(/"Size":(\d+)/.exec(entry)?.[1]),
      type: /"MimeType":"([^"]*)"/.exec(entry)?.[1] ?? "",
      colour: /"colour":"([^"]*)"/.exec(entry)?.[1] ?? "",
    };
  },
  "gets a range": async (site) => ({
    text: (await get(site, "fox", ["--offset", "4", "--count", "5"])).toString(),
  }),
  "gets the last bytes": async (site) => ({
    text: (await get(site, "fox", ["--tail", "3"])).toString(),
  }),
  "gets a missing key": async (site) => ({ text: (await get(site, "missing")).toString() }),
  "gets from a missing bucket": async (site) => ({
    text: (await rclone(site, ["lsf", "s3:no-such-bucket"])).toString(),
  }),
  "puts an empty object": async (site) => {
    await put(site, "empty", "");
    return { size: (await get(site, "empty")).length };
  },
  "keeps odd keys": async (site) => {
    // A key with a slash at its end is a folder to rclone.
    const files = ODD_KEYS.filter((key) => !key.endsWith("/"));
    for (const key of files) await put(site, key, key);
    const keys = await keysIn(site);
    const wrong: string[] = [];
    for (const key of files) {
      if (!keys.includes(key) || (await get(site, key)).toString() !== key) wrong.push(key);
    }
    return { wrong };
  },
  "lists in pages": async (site) => {
    for (let page = 0; page < 5; page++) await put(site, `page/${page}`, FOX);
    const flags = ["--files-only", "--s3-list-chunk", "2", "--s3-list-version", "2"];
    const names = await rclone(site, ["lsf", ...flags, at(site, "page")]);
    return {
      keys: names
        .toString()
        .trim()
        .split("\n")
        .map((name) => `page/${name}`),
    };
  },
  "lists with a delimiter": async (site) => {
    await put(site, "tree/leaf", FOX);
    await put(site, "tree/branch/leaf", FOX);
    const names = (await rclone(site, ["lsf", at(site, "tree")])).toString().trim().split("\n");
    const below = names.map((name) => `tree/${name}`);
    return {
      keys: below.filter((name) => !name.endsWith("/")),
      prefixes: below.filter((name) => name.endsWith("/")),
    };
  },
  "copies an object": async (site) => {
    await rclone(site, ["copyto", at(site, "fox"), at(site, "copy of fox")]);
    return { text: (await get(site, "copy of fox")).toString() };
  },
  "uploads 64 MB in parts": async (site) => {
    const flags = ["--s3-chunk-size", "16M", "--s3-upload-cutoff", "16M"];
    await rclone(site, ["copyto", ...flags, site.large, at(site, "large")]);
    const back = join(site.scratch, "back");
    await rclone(site, ["copyto", at(site, "large"), back]);
    const bytes = readFileSync(back);
    return { size: bytes.length, intact: sha256(bytes) === site.largeSha256 };
  },
  "uploads a stream": async (site) => {
    // Below this size rclone would read the whole stream and know its length.
    await put(site, "stream", FOX, ["--streaming-upload-cutoff", "0"]);
    return { text: (await get(site, "stream")).toString() };
  },
  "presigns a GET": async (site) => seen(await probe("GET", await link(site))),
  "tampers with a presigned URL": async (site) =>
    seen(await probe("GET", tamper(await link(site)))),
  "deletes several objects": async (site) => {
    await rclone(site, ["delete", "--include", "[012]", at(site, "page")]);
    const left = (await keysIn(site)).filter((key) => key.startsWith("page/"));
    return { left };
  },
  "uses a wrong secret": async (site) => ({
    text: (await get({ ...site, secretKey: "wrong" }, "fox")).toString(),
  }),
  "uses an unknown key": async (site) => ({
    text: (await get({ ...site, accessKey: "AKNOBODY000000000000" }, "fox")).toString(),
  }),
  "deletes a bucket that is not empty": async (site) => {
    await rclone(site, ["rmdir", at(site)]);
    return {};
  },
  "deletes everything": async (site) => {
    await rclone(site, ["delete", at(site)]);
    const left = (await keysIn(site)).length;
    await rclone(site, ["purge", at(site)]);
    return { left };
  },
};

compareDays({
  name: "rclone",
  needs: [
    {
      name: "rclone",
      present: findProgram("rclone") !== undefined,
      install: "apt-get install -y --no-install-recommends rclone",
    },
  ],
  day: (site) => runSteps(STEPS, codeOf, site),
  cannot: {
    "gets an unsatisfiable range": "knows the size and asks for nothing behind it",
    "gets unless unchanged": "has no conditional requests",
    "copies with new metadata": "copies objects as they are",
    "copies a part": "copies parts of objects above 5 GiB only",
    "aborts a multipart upload": "ends every upload that it begins",
    "uploads with trailing checksums": "knows no trailers",
    "presigns a GET with a response header": "presigns plain GETs only",
    "presigns a PUT": "presigns GETs only",
    "posts a browser form": "makes no forms",
    "posts a form against its policy": "makes no forms",
    "keeps versions": "cannot switch versioning on in version 1.60",
    "tags an object": "has no tags",
    "tags a bucket": "has no tags",
    "opens an object by ACL": "sets an ACL with an upload only",
    "answers a CORS preflight": "has no CORS",
    "sets a lifecycle": "has no lifecycle",
    "opens a prefix by bucket policy": "has no bucket policies",
    "finds a bucket by its host name": "needs a resolver that knows the bucket's name",
  },
});

/** Returns rclone's name for a place. */
function at(site: Site, key = ""): string {
  return `s3:${site.bucket}${key === "" ? "" : "/"}${key}`;
}

async function put(site: Site, key: string, content: string, flags: readonly string[] = []) {
  await rclone(site, ["rcat", ...flags, at(site, key)], content);
}

async function get(site: Site, key: string, flags: readonly string[] = []): Promise<Buffer> {
  return rclone(site, ["cat", ...flags, at(site, key)]);
}

/** Lists a place: one JSON line an object. */
async function listed(site: Site, key: string, flags: readonly string[]) {
  const lines = (await rclone(site, ["lsjson", ...flags, at(site, key)])).toString().split("\n");
  return lines.filter((line) => line.startsWith("{"));
}

async function keysIn(site: Site): Promise<readonly string[]> {
  const names = (await rclone(site, ["lsf", "--recursive", at(site)])).toString().split("\n");
  return names.filter((name) => name !== "");
}

async function link(site: Site): Promise<string> {
  return (await rclone(site, ["link", "--expire", "1h", at(site, "fox")])).toString().trim();
}

async function rclone(site: Site, args: readonly string[], input = ""): Promise<Buffer> {
  const once = ["--retries", "1", "--low-level-retries", "1"];
  const ended = await runProgram("rclone", ["--config", "/dev/null", ...once, ...args], {
    env: {
      HOME: site.scratch,
      LANG: "C.UTF-8",
      RCLONE_CONFIG_S3_TYPE: "s3",
      RCLONE_CONFIG_S3_PROVIDER: "Ceph",
      RCLONE_CONFIG_S3_ENDPOINT: site.endpoint,
      RCLONE_CONFIG_S3_REGION: REGION,
      RCLONE_CONFIG_S3_ACCESS_KEY_ID: site.accessKey,
      RCLONE_CONFIG_S3_SECRET_ACCESS_KEY: site.secretKey,
    },
    input: Buffer.from(input),
  });
  if (ended.status !== 0) throw new Error(ended.errors.trim());
  return ended.output;
}

/**
 * Returns the S3 error code in the program's complaint, or the code that its own words stand for.
 */
function codeOf(error: unknown): string {
  const complaint = error instanceof Error ? error.message : String(error);
  const code = /(\w+): [^:\n]*\n\s*status code: \d+/.exec(complaint)?.[1];
  if (code !== undefined) return code;
  return complaint.endsWith("directory not found") ? "NoSuchBucket" : complaint;
}
