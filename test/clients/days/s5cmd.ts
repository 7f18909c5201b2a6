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
  writeOld,
} from "./frame.ts";
import { installed } from "./installed.ts";
import { environment, SHOWN } from "./snippets.ts";

const PROGRAM = installed("s5cmd", "venv-data/bin/s5cmd");

type Key = { readonly accessKey: string; readonly secretKey: string };

/** Returns the environment variables of docs/clients.md. */
function s5cmdEnvironment(place: Key & { readonly endpoint: string; readonly region: string }) {
  return {
    S3_ENDPOINT_URL: place.endpoint,
    AWS_REGION: place.region,
    AWS_ACCESS_KEY_ID: place.accessKey,
    AWS_SECRET_ACCESS_KEY: place.secretKey,
  };
}

async function s5cmd(
  place: Place,
  args: readonly string[],
  more: Partial<Key> = {},
): Promise<string> {
  const env = { HOME: place.scratch, ...s5cmdEnvironment({ ...place, ...more }) };
  // It has no option for an authority.
  const all = ["--no-verify-ssl", "--retry-count", "0", ...args];
  return (await output(PROGRAM.path, all, { env })).toString();
}

const at = (place: Place, key: string): string => `s3://${place.bucket}/${key}`;
const read = (place: Place, key: string): Promise<string> => s5cmd(place, ["cat", at(place, key)]);
const readerOf = (place: Place): Key => ({
  accessKey: place.readerAccessKey,
  secretKey: place.readerSecretKey,
});

const STEPS: OwnSteps = {
  "makes a bucket": async (place) => {
    await s5cmd(place, ["mb", `s3://${place.bucket}`]);
    return {};
  },
  "copies a file up": async (place) => {
    const fox = join(place.scratch, "fox");
    writeFileSync(fox, FOX);
    await s5cmd(place, ["cp", "--content-type", "text/plain", fox, at(place, "fox")]);
    return { text: await read(place, "fox") };
  },
  "copies 20 MiB up in parts": async (place) => {
    await s5cmd(place, ["cp", "--part-size", "5", place.large, at(place, "large")]);
    return {};
  },
  "copies 20 MiB down in parts": async (place) => {
    const file = join(place.scratch, "large");
    await s5cmd(place, ["cp", "--part-size", "5", at(place, "large"), file]);
    return { intact: sha256(readFileSync(file)) === place.largeSha256 };
  },
  "syncs a folder": async (place) => {
    const folder = join(place.scratch, "folder");
    mkdirSync(join(folder, "inner"), { recursive: true });
    for (const name of ["a b", "ä", "inner/q&y"]) writeOld(join(folder, name), name);
    await s5cmd(place, ["sync", `${folder}/`, at(place, "folder/")]);
    const again = await s5cmd(place, ["sync", `${folder}/`, at(place, "folder/")]);
    return { again, text: await read(place, "folder/inner/q&y") };
  },
  "lists by a pattern": async (place) => {
    const listed = await s5cmd(place, ["ls", at(place, "folder/*")]);
    return {
      names: listed
        .trim()
        .split("\n")
        .map((line) => line.replace(/^.*\d {2}/, "")),
    };
  },
  "counts bytes": async (place) => ({
    said: (await s5cmd(place, ["du", at(place, "large")])).replace(/ in .*\n/, ""),
  }),
  "copies from key to key": async (place) => {
    await s5cmd(place, ["cp", at(place, "fox"), at(place, "copy")]);
    return { text: await read(place, "copy") };
  },
  moves: async (place) => {
    await s5cmd(place, ["mv", at(place, "copy"), at(place, "moved")]);
    return { text: await read(place, "moved") };
  },
  "heads it": async (place) => {
    const head = JSON.parse(await s5cmd(place, ["--json", "head", at(place, "fox")]));
    return { size: head.size, type: head.content_type };
  },
  presigns: async (place) => {
    const link = await s5cmd(place, ["presign", "--expire", "60s", at(place, "fox")]);
    const curl = ["--silent", "--cacert", place.authority, link.trim()];
    return { text: (await output("curl", curl, {})).toString() };
  },
  "reads a missing key": async (place) => ({ text: await read(place, "missing") }),
  "reads with a reader's key": async (place) => ({
    text: await s5cmd(place, ["cat", at(place, "fox")], readerOf(place)),
  }),
  "writes with a reader's key": async (place) => {
    await s5cmd(place, ["cp", join(place.scratch, "fox"), at(place, "refused")], readerOf(place));
    return {};
  },
  "deletes with a reader's key": async (place) => {
    await s5cmd(place, ["rm", at(place, "fox")], readerOf(place));
    return {};
  },
  "uses a wrong secret": async (place) => {
    await s5cmd(place, ["ls", at(place, "")], { secretKey: "wrong" });
    return {};
  },
  "removes everything": async (place) => {
    await s5cmd(place, ["rm", at(place, "*")]);
    await s5cmd(place, ["rb", `s3://${place.bucket}`]);
    return {};
  },
};

export const S5CMD: OwnClient = {
  name: "s5cmd",
  title: "s5cmd",
  version: "2.3.0",
  snippet: environment(s5cmdEnvironment(SHOWN)),
  needs: [PROGRAM.need],
  scheme: "https",
  bucket: "made",
  spend: stepByStep(
    STEPS,
    codeSaid([
      [/NoSuchKey/, "NoSuchKey"],
      [/given object .* not found/, "not found"],
      [/AccessDenied|Access Denied/, "AccessDenied"],
      [/SignatureDoesNotMatch/, "SignatureDoesNotMatch"],
      [/status code: 404/, "404"],
      [/status code: 403/, "403"],
    ]),
  ),
  steps: {
    "makes a bucket": { ok: true },
    "copies a file up": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "copies 20 MiB up in parts": { ok: true },
    "copies 20 MiB down in parts": { ok: true, intact: true },
    "syncs a folder": { ok: true, again: "", text: "inner/q&y" },
    "lists by a pattern": { ok: true, names: ["a b", "inner/q&y", "ä"] },
    "counts bytes": { ok: true, said: "20971520 bytes" },
    "copies from key to key": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    moves: { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "heads it": { ok: true, size: 43, type: "text/plain" },
    presigns: { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "reads a missing key": { ok: false, code: "not found" },
    "reads with a reader's key": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "writes with a reader's key": { ok: false, code: "AccessDenied" },
    "deletes with a reader's key": { ok: false, code: "AccessDenied" },
    "uses a wrong secret": { ok: false, code: "SignatureDoesNotMatch" },
    "removes everything": { ok: true },
  },
  differences: [noReader("reads with a reader's key")],
};
