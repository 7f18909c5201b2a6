import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FOX, sha256 } from "../day.ts";
import {
  NO_TRAILERS,
  codeSaid,
  output,
  stepByStep,
  type OwnClient,
  type OwnSteps,
  type Place,
  noReader,
  writeOld,
} from "./frame.ts";
import { ownProgram } from "../../tools/programs.ts";
import { environment } from "./snippets.ts";

const PROGRAM = ownProgram("mc");

async function mc(place: Place, args: readonly string[], input = ""): Promise<Buffer> {
  const { host, accessKey, secretKey, readerAccessKey, readerSecretKey } = place;
  const trusted = join(place.scratch, "mc/certs/CAs");
  mkdirSync(trusted, { recursive: true });
  writeFileSync(join(trusted, "days.crt"), readFileSync(place.authority));
  const env = {
    HOME: place.scratch,
    MC_HOST_lab: `https://${accessKey}:${secretKey}@${host}`,
    MC_HOST_reader: `https://${readerAccessKey}:${readerSecretKey}@${host}`,
    MC_HOST_wrong: `https://${accessKey}:wrongsecret@${host}`,
  };
  const common = ["--config-dir", join(place.scratch, "mc"), "--quiet"];
  return output(PROGRAM.path, [...common, ...args], { env, input: Buffer.from(input) });
}

const at = (place: Place, key: string, alias = "lab"): string => `${alias}/${place.bucket}/${key}`;
const read = async (place: Place, key: string): Promise<string> =>
  (await mc(place, ["cat", at(place, key)])).toString();

/** The report of `mc --json` on one thing; the fields depend on the command. */
type Told = {
  readonly size: number;
  readonly objects: number;
  readonly key: string;
  readonly share: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tagset: Readonly<Record<string, string>>;
};

async function json(place: Place, args: readonly string[]): Promise<readonly Told[]> {
  const lines = (await mc(place, ["--json", ...args])).toString().trim();
  return lines === "" ? [] : lines.split("\n").map((line) => JSON.parse(line));
}

async function one(place: Place, args: readonly string[]): Promise<Told> {
  const [told] = await json(place, args);
  if (told === undefined) throw new Error(`mc ${args.join(" ")} says nothing`);
  return told;
}

const STEPS: OwnSteps = {
  "makes a bucket": async (place) => {
    await mc(place, ["mb", `lab/${place.bucket}`]);
    return {};
  },
  "pipes into a key": async (place) => {
    await mc(place, ["pipe", "--attr", "colour=blue", at(place, "fox")], FOX);
    return { text: await read(place, "fox") };
  },
  "stats it": async (place) => {
    const stat = await one(place, ["stat", at(place, "fox")]);
    return { size: stat.size, colour: stat.metadata["X-Amz-Meta-Colour"] ?? "" };
  },
  "reads its head": async (place) => ({
    text: (await mc(place, ["head", "--lines", "1", at(place, "fox")])).toString(),
  }),
  "copies 20 MiB up in parts": async (place) => {
    await mc(place, ["cp", place.large, at(place, "large")]);
    return {};
  },
  "copies 20 MiB up with a checksum": async (place) => {
    await mc(place, ["cp", "--checksum", "CRC32C", place.large, at(place, "summed")]);
    return {};
  },
  "copies 20 MiB down": async (place) => {
    const file = join(place.scratch, "large");
    await mc(place, ["cp", at(place, "large"), file]);
    return { intact: sha256(readFileSync(file)) === place.largeSha256 };
  },
  "mirrors a folder": async (place) => {
    const folder = join(place.scratch, "folder");
    mkdirSync(join(folder, "inner"), { recursive: true });
    for (const name of ["a b+c", "ä", "inner/q?x=1&y#z"]) writeOld(join(folder, name), name);
    await mc(place, ["mirror", folder, at(place, "folder")]);
    const differs = await json(place, ["diff", folder, at(place, "folder")]);
    return { differs: differs.length, text: await read(place, "folder/inner/q?x=1&y#z") };
  },
  lists: async (place) => {
    const listed = await json(place, ["ls", "--recursive", at(place, "folder")]);
    return { keys: listed.map(({ key }) => key).sort() };
  },
  finds: async (place) => {
    const found = await json(place, ["find", at(place, "folder"), "--name", "q*"]);
    return { found: found.length };
  },
  "counts bytes": async (place) => {
    const told = await one(place, ["du", at(place, "folder")]);
    return { size: told.size, objects: told.objects };
  },
  "copies from key to key": async (place) => {
    await mc(place, ["cp", at(place, "fox"), at(place, "copy of fox")]);
    return { text: await read(place, "copy of fox") };
  },
  moves: async (place) => {
    await mc(place, ["mv", at(place, "copy of fox"), at(place, "moved")]);
    return { text: await read(place, "moved") };
  },
  tags: async (place) => {
    await mc(place, ["tag", "set", at(place, "fox"), "kind=animal"]);
    const told = await one(place, ["tag", "list", at(place, "fox")]);
    return { kind: told.tagset["kind"] ?? "" };
  },
  "keeps versions": async (place) => {
    await mc(place, ["version", "enable", `lab/${place.bucket}`]);
    await mc(place, ["pipe", at(place, "versioned")], "one");
    await mc(place, ["pipe", at(place, "versioned")], "two");
    const versions = await json(place, ["ls", "--versions", at(place, "versioned")]);
    return { versions: versions.length };
  },
  "shares a link": async (place) => {
    const { share } = await one(place, ["share", "download", "--expire", "1m", at(place, "fox")]);
    const curl = ["--silent", "--cacert", place.authority, share];
    return { text: (await output("curl", curl, {})).toString() };
  },
  "reads a missing key": async (place) => ({ text: await read(place, "missing") }),
  "reads with a reader's key": async (place) => ({
    text: (await mc(place, ["cat", at(place, "fox", "reader")])).toString(),
  }),
  "writes with a reader's key": async (place) => {
    await mc(place, ["pipe", at(place, "refused", "reader")], FOX);
    return {};
  },
  "removes with a reader's key": async (place) => {
    await mc(place, ["rm", at(place, "fox", "reader")]);
    return {};
  },
  "uses a wrong secret": async (place) => {
    await mc(place, ["ls", at(place, "", "wrong")]);
    return {};
  },
  "removes everything": async (place) => {
    await mc(place, ["rm", "--recursive", "--force", "--versions", `lab/${place.bucket}`]);
    await mc(place, ["rb", `lab/${place.bucket}`]);
    return {};
  },
};

export const MC: OwnClient = {
  name: "mc",
  title: "mc, MinIO's client",
  version: "2025-03-13",
  snippet: environment({ MC_HOST_lab: "https://AKIDLAB0000000000000:…@s3.example.org" }),
  needs: [PROGRAM.need],
  scheme: "https",
  bucket: "made",
  spend: stepByStep(
    STEPS,
    codeSaid([
      [/Object does not exist/, "Object does not exist"],
      [/Access Denied|does not include|Insufficient permissions/, "AccessDenied"],
      [/signature we calculated/, "SignatureDoesNotMatch"],
    ]),
  ),
  steps: {
    "makes a bucket": { ok: true },
    "pipes into a key": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "stats it": { ok: true, size: 43, colour: "blue" },
    "reads its head": { ok: true, text: "The quick brown fox jumps over the lazy dog\n" },
    "copies 20 MiB up in parts": { ok: true },
    "copies 20 MiB up with a checksum": { ok: true },
    "copies 20 MiB down": { ok: true, intact: true },
    "mirrors a folder": { ok: true, differs: 0, text: "inner/q?x=1&y#z" },
    lists: { ok: true, keys: ["a b+c", "inner/q?x=1&y#z", "ä"] },
    finds: { ok: true, found: 1 },
    "counts bytes": { ok: true, size: 22, objects: 3 },
    "copies from key to key": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    moves: { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    tags: { ok: true, kind: "animal" },
    "keeps versions": { ok: true, versions: 2 },
    "shares a link": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "reads a missing key": { ok: false, code: "Object does not exist" },
    "reads with a reader's key": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "writes with a reader's key": { ok: false, code: "AccessDenied" },
    "removes with a reader's key": { ok: false, code: "AccessDenied" },
    "uses a wrong secret": { ok: false, code: "SignatureDoesNotMatch" },
    "removes everything": { ok: true },
  },
  differences: [
    noReader("reads with a reader's key"),
    {
      stores: ["ceph"],
      way: "direct",
      steps: ["copies 20 MiB up with a checksum"],
      why: NO_TRAILERS,
    },
  ],
};
