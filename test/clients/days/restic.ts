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
import { environment, pinned, SHOWN } from "./snippets.ts";

const PROGRAM = installed("restic", "bin/restic");

type Key = { readonly accessKey: string; readonly secretKey: string };

/** Returns the environment variables of docs/clients.md. */
function resticEnvironment(
  place: Key & { readonly endpoint: string; readonly region: string; readonly bucket: string },
) {
  return {
    RESTIC_REPOSITORY: `s3:${place.endpoint}/${place.bucket}/backup`,
    AWS_DEFAULT_REGION: place.region,
    AWS_ACCESS_KEY_ID: place.accessKey,
    AWS_SECRET_ACCESS_KEY: place.secretKey,
  };
}

async function restic(
  place: Place,
  args: readonly string[],
  more: Partial<Key> = {},
): Promise<string> {
  const secret = { HOME: place.scratch, RESTIC_PASSWORD: "a password" };
  const env = { ...secret, ...resticEnvironment({ ...place, ...more }) };
  const all = [
    "--cacert",
    place.authority,
    "--no-cache",
    "--stuck-request-timeout",
    "20s",
    ...args,
  ];
  return (await output(PROGRAM.path, all, { env, cwd: place.scratch })).toString();
}

const readerOf = (place: Place): Key => ({
  accessKey: place.readerAccessKey,
  secretKey: place.readerSecretKey,
});

async function snapshots(place: Place, more: Partial<Key> = {}): Promise<number> {
  return JSON.parse(await restic(place, ["snapshots", "--json"], more)).length;
}

const STEPS: OwnSteps = {
  "begins a repository": async (place) => {
    await restic(place, ["init"]);
    return {};
  },
  "backs up": async (place) => {
    const folder = join(place.scratch, "folder");
    mkdirSync(folder);
    writeFileSync(join(folder, "fox"), FOX);
    writeFileSync(join(folder, "large"), readFileSync(place.large));
    await restic(place, ["backup", "--quiet", "folder"]);
    return { snapshots: await snapshots(place) };
  },
  "backs up what changed": async (place) => {
    writeFileSync(join(place.scratch, "folder/fox"), "another");
    await restic(place, ["backup", "--quiet", "folder"]);
    return { snapshots: await snapshots(place) };
  },
  "lists files": async (place) => {
    const listed = await restic(place, ["ls", "--json", "latest"]);
    const files = listed
      .trim()
      .split("\n")
      .map((line): { readonly type: string; readonly name: string } => JSON.parse(line));
    return {
      names: files
        .filter(({ type }) => type === "file")
        .map(({ name }) => name)
        .sort(),
    };
  },
  restores: async (place) => {
    await restic(place, ["restore", "--quiet", "latest", "--target", "restored"]);
    const restored = join(place.scratch, "restored/folder");
    return {
      fox: readFileSync(join(restored, "fox"), "utf8"),
      intact: sha256(readFileSync(join(restored, "large"))) === place.largeSha256,
    };
  },
  "checks all data": async (place) => ({
    well: (await restic(place, ["check", "--read-data"])).includes("no errors were found"),
  }),
  "forgets and prunes": async (place) => {
    await restic(place, ["forget", "--quiet", "--keep-last", "1", "--prune"]);
    return { snapshots: await snapshots(place) };
  },
  "opens a repository that is none": async (place) => {
    await restic(place, ["-r", `s3:${place.endpoint}/${place.bucket}/none`, "snapshots"]);
    return {};
  },
  "reads with a reader's key": async (place) => {
    const listed = await restic(place, ["snapshots", "--no-lock", "--json"], readerOf(place));
    return { snapshots: JSON.parse(listed).length };
  },
  "backs up with a reader's key": async (place) => {
    await restic(place, ["backup", "--quiet", "--retry-lock", "0s", "folder"], readerOf(place));
    return {};
  },
};

export const RESTIC: OwnClient = {
  name: "restic",
  title: "restic",
  version: pinned("../../tools/install.sh", "restic/cmd/restic"),
  snippet: environment(resticEnvironment(SHOWN)),
  needs: [PROGRAM.need],
  scheme: "https",
  bucket: "given",
  spend: stepByStep(
    STEPS,
    codeSaid([
      [/unable to open config file|repository does not exist/, "no repository"],
      [
        /Access Denied|AccessDenied|READ of this key does not include|client\.PutObject/,
        "AccessDenied",
      ],
    ]),
  ),
  steps: {
    "begins a repository": { ok: true },
    "backs up": { ok: true, snapshots: 1 },
    "backs up what changed": { ok: true, snapshots: 2 },
    "lists files": { ok: true, names: ["fox", "large"] },
    restores: { ok: true, fox: "another", intact: true },
    "checks all data": { ok: true, well: true },
    "forgets and prunes": { ok: true, snapshots: 1 },
    "opens a repository that is none": { ok: false, code: "no repository" },
    "reads with a reader's key": { ok: true, snapshots: 1 },
    "backs up with a reader's key": { ok: false, code: "AccessDenied" },
  },
  differences: [noReader("reads with a reader's key", "backs up with a reader's key")],
};
