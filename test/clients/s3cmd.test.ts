import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram, runProgram } from "../support/program.ts";
import { compareDays } from "./compare.ts";
import { FOX, ODD_KEYS, sha256, type Site } from "./day.ts";
import { openPolicy } from "./documents.ts";
import { anonymousStatus, preflight, probe, seen, tamper } from "./probe.ts";
import { runSteps, type Steps } from "./steps.ts";

const NEEDS = [
  {
    name: "s3cmd",
    present: findProgram("s3cmd") !== undefined,
    install: "apt-get install -y --no-install-recommends s3cmd",
  },
];
const CANNOT = {
  "gets the last bytes": "asks for ranges only to go on with a broken download",
  "gets a range": "asks for ranges only to go on with a broken download",
  "gets an unsatisfiable range": "asks for ranges only to go on with a broken download",
  "gets unless unchanged": "has no conditional requests",
  "lists in pages": "has no page size",
  "copies a part": "copies whole objects",
  "aborts a multipart upload": "ends every upload that it begins",
  "tags an object": "has no such command in version 2.3",
  "tags a bucket": "has no such command in version 2.3",
  "uploads with trailing checksums": "knows no trailers",
  "presigns a GET with a response header": "signs plain URLs only",
  "presigns a PUT": "signs GETs only",
  "posts a browser form": "makes no forms",
  "posts a form against its policy": "makes no forms",
  "keeps versions": "does not list versions",
  "finds a bucket by its host name": "needs a resolver that knows the bucket's name",
};

const STEPS: Steps = {
  "creates a bucket": async (site) => {
    await s3cmd(site, ["mb", `s3://${site.bucket}`]);
    return {};
  },
  "puts an object": async (site) => {
    await put(site, "fox", FOX, ["--mime-type=text/plain", "--add-header=x-amz-meta-colour:blue"]);
    return {};
  },
  "gets an object": async (site) => ({ sha256: sha256(await get(site, "fox")) }),
  "heads an object": async (site) => facts(await s3cmd(site, ["info", url(site, "fox")])),
  "gets a missing key": async (site) => ({ text: (await get(site, "missing")).toString() }),
  "gets from a missing bucket": async (site) => ({
    text: await s3cmd(site, ["ls", "s3://no-such-bucket/"]),
  }),
  "puts an empty object": async (site) => {
    await put(site, "empty", "");
    return { size: facts(await s3cmd(site, ["info", url(site, "empty")])).size };
  },
  "keeps odd keys": async (site) => {
    for (const key of ODD_KEYS) await put(site, key, key);
    const listed = await keysIn(site);
    const wrong: string[] = [];
    for (const key of ODD_KEYS) {
      if (!listed.includes(key) || (await get(site, key)).toString() !== key) wrong.push(key);
    }
    return { wrong };
  },
  "lists with a delimiter": async (site) => {
    await put(site, "tree/leaf", FOX);
    await put(site, "tree/branch/leaf", FOX);
    const listed = (await s3cmd(site, ["ls", url(site, "tree/")])).split("\n");
    const names = listed.map((line) => line.split(`s3://${site.bucket}/`)[1] ?? "");
    return {
      keys: names.filter((name) => name !== "" && !name.endsWith("/")),
      prefixes: names.filter((name) => name.endsWith("/")),
    };
  },
  "copies an object": async (site) => {
    await s3cmd(site, ["cp", url(site, "fox"), url(site, "copy of fox")]);
    return { text: (await get(site, "copy of fox")).toString() };
  },
  "copies with new metadata": async (site) => {
    await s3cmd(site, ["cp", url(site, "copy of fox"), url(site, "green")]);
    await s3cmd(site, ["modify", "--add-header=x-amz-meta-colour:green", url(site, "green")]);
    return { colour: facts(await s3cmd(site, ["info", url(site, "green")])).colour };
  },
  "uploads 64 MB in parts": async (site) => {
    await s3cmd(site, ["put", "--multipart-chunk-size-mb=16", site.large, url(site, "large")]);
    const bytes = await get(site, "large");
    return { size: bytes.length, intact: sha256(bytes) === site.largeSha256 };
  },
  "uploads a stream": async (site) => {
    await s3cmd(site, ["put", "-", url(site, "stream")], FOX);
    return { text: (await get(site, "stream")).toString() };
  },
  "presigns a GET": async (site) => seen(await probe("GET", await signed(site))),
  "tampers with a presigned URL": async (site) =>
    seen(await probe("GET", tamper(await signed(site)))),
  "deletes several objects": async (site) => {
    for (const page of [0, 1, 2]) await put(site, `page/${page}`, FOX);
    await s3cmd(site, ["del", "--recursive", "--force", url(site, "page/")]);
    const left = (await keysIn(site)).filter((key) => key.startsWith("page/"));
    return { left };
  },
  "opens an object by ACL": async (site) => {
    const closed = await anonymousStatus(site, "fox");
    await s3cmd(site, ["setacl", "--acl-public", url(site, "fox")]);
    return { closed, open: await anonymousStatus(site, "fox") };
  },
  "answers a CORS preflight": async (site) => {
    const rule = `<AllowedOrigin>https://example.org</AllowedOrigin><AllowedMethod>GET</AllowedMethod>`;
    const document = `<CORSConfiguration><CORSRule>${rule}</CORSRule></CORSConfiguration>`;
    await s3cmd(site, ["setcors", fileOf(site, document), `s3://${site.bucket}`]);
    const answer = await preflight(site, "fox");
    await s3cmd(site, ["delcors", `s3://${site.bucket}`]);
    return answer;
  },
  "sets a lifecycle": async (site) => {
    await s3cmd(site, ["expire", "--expiry-days=7", "--expiry-prefix=old/", `s3://${site.bucket}`]);
    const kept = await s3cmd(site, ["getlifecycle", `s3://${site.bucket}`]);
    await s3cmd(site, ["dellifecycle", `s3://${site.bucket}`]);
    return { days: Number(/<Days>(\d+)</.exec(kept)?.[1]) };
  },
  "opens a prefix by bucket policy": async (site) => {
    await put(site, "open/fox", FOX);
    const closed = await anonymousStatus(site, "open/fox");
    const policy = fileOf(site, openPolicy(site.bucket));
    await s3cmd(site, ["setpolicy", policy, `s3://${site.bucket}`]);
    const open = await anonymousStatus(site, "open/fox");
    await s3cmd(site, ["delpolicy", `s3://${site.bucket}`]);
    return { closed, open };
  },
  "uses a wrong secret": async (site) => ({
    text: await s3cmd(site, ["--secret_key=wrong", "ls", url(site, "")]),
  }),
  "uses an unknown key": async (site) => ({
    text: await s3cmd(site, ["--access_key=AKNOBODY000000000000", "ls", url(site, "")]),
  }),
  "deletes a bucket that is not empty": async (site) => {
    await s3cmd(site, ["rb", `s3://${site.bucket}`]);
    return {};
  },
  "deletes everything": async (site) => {
    await s3cmd(site, ["del", "--recursive", "--force", `s3://${site.bucket}`]);
    const left = (await keysIn(site)).length;
    await s3cmd(site, ["rb", `s3://${site.bucket}`]);
    return { left };
  },
};

for (const version of ["v4", "v2"] as const) {
  compareDays({
    name: `s3cmd-${version}`,
    needs: NEEDS,
    day: (site) => {
      writeFileSync(configOf(site), configuration(site, version === "v2"));
      return runSteps(STEPS, codeOf, site);
    },
    cannot: CANNOT,
  });
}

function url(site: Site, key: string): string {
  return `s3://${site.bucket}/${key}`;
}

async function put(site: Site, key: string, content: string, more: readonly string[] = []) {
  await s3cmd(site, ["put", ...more, fileOf(site, content), url(site, key)]);
}

async function get(site: Site, key: string): Promise<Buffer> {
  const file = join(site.scratch, "got");
  await s3cmd(site, ["get", "--force", url(site, key), file]);
  return readFileSync(file);
}

async function keysIn(site: Site): Promise<readonly string[]> {
  const listed = await s3cmd(site, ["ls", "--recursive", `s3://${site.bucket}`]);
  const start = ` s3://${site.bucket}/`;
  return listed.split("\n").flatMap((line) => line.split(start).slice(1));
}

/** Reads the report of `s3cmd info` on an object. */
function facts(info: string): { size: number; type: string; colour: string } {
  return {
    size: Number(/File size: *(\d+)/.exec(info)?.[1]),
    type: /MIME type: *(\S+)/.exec(info)?.[1] ?? "",
    colour: /x-amz-meta-colour: *(\S+)/.exec(info)?.[1] ?? "",
  };
}

async function signed(site: Site): Promise<string> {
  return (await s3cmd(site, ["signurl", url(site, "fox"), "+600"])).trim();
}

/** Writes a file with that content. */
function fileOf(site: Site, content: string): string {
  const file = join(site.scratch, "body");
  writeFileSync(file, content);
  return file;
}

function configOf(site: Site): string {
  return join(site.scratch, "s3cmd.cfg");
}

function configuration(site: Site, v2: boolean): string {
  const { host } = new URL(site.endpoint);
  return [
    "[default]",
    `access_key = ${site.accessKey}`,
    `secret_key = ${site.secretKey}`,
    `host_base = ${host}`,
    // Without %(bucket)s: path style.
    `host_bucket = ${host}`,
    "use_https = False",
    "max_retries = 1",
    `signature_v2 = ${v2 ? "True" : "False"}`,
  ].join("\n");
}

async function s3cmd(site: Site, args: readonly string[], input = ""): Promise<string> {
  const ended = await runProgram("s3cmd", ["--config", configOf(site), "--no-progress", ...args], {
    env: { HOME: site.scratch, LANG: "C.UTF-8" },
    input: Buffer.from(input),
  });
  if (ended.status !== 0) throw new Error(ended.errors.trim());
  return ended.output.toString();
}

/**
 * Returns the S3 error code in the program's complaint, or the code that its own words stand for.
 */
function codeOf(error: unknown): string {
  const complaint = error instanceof Error ? error.message : String(error);
  const code = /\b\d{3} \((\w+)\)/.exec(complaint)?.[1];
  if (code !== undefined) return code;
  return /Source object .* does not exist/.test(complaint) ? "NoSuchKey" : complaint;
}
