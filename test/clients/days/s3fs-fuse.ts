import { appendFile, chmod, copyFile, mkdir, readdir, readFile, rename } from "node:fs/promises";
import { rm, stat, writeFile } from "node:fs/promises";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { debianProgram } from "../../tools/programs.ts";
import { FOX, sha256 } from "../day.ts";
import {
  codeSaid,
  noReader,
  output,
  stepByStep,
  type OwnClient,
  type OwnSteps,
  type Place,
} from "./frame.ts";
import { SHOWN } from "./snippets.ts";

type Key = { readonly accessKey: string; readonly secretKey: string };

/** Returns the options that docs/clients.md has after the name of the bucket and the folder. */
function s3fsOptions({ endpoint, region }: Pick<Place, "endpoint" | "region">, keys: string) {
  const connection = `url=${endpoint},endpoint=${region},use_path_request_style,sigv4`;
  return ["-o", `passwd_file=${keys}`, "-o", connection];
}

type Mount = {
  readonly name: string;
  readonly key: Key;
  /** True if the program stays, and reports why it cannot mount. */
  readonly foreground?: boolean;
};

/** Mounts the bucket and returns the folder. */
async function mounted(place: Place, { name, key, foreground = false }: Mount): Promise<string> {
  const folder = join(place.scratch, name);
  const keys = `${folder}.passwd`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(keys, `${key.accessKey}:${key.secretKey}`, { mode: 0o600 });
  // It trusts the authorities of the system only.
  const more = ["-o", "multipart_size=5,retries=1,no_check_certificate"];
  const args = [place.bucket, folder, ...s3fsOptions(place, keys), ...more];
  const env = { HOME: place.scratch };
  await output("s3fs", foreground ? ["-f", ...args] : args, { env });
  return folder;
}

async function unmount(place: Place, name: string): Promise<void> {
  await output("fusermount", ["-u", join(place.scratch, name)], {});
}

const inside = (place: Place, path: string): string => join(place.scratch, "mnt", path);
const text = async (place: Place, path: string): Promise<string> =>
  (await readFile(inside(place, path))).toString();

/** The steps. None may block the event loop: this process serves the TLS in front of the store. */
const STEPS: OwnSteps = {
  mounts: async (place) => {
    await mounted(place, { name: "mnt", key: place });
    return { files: await readdir(join(place.scratch, "mnt")) };
  },
  "writes a file": async (place) => {
    await writeFile(inside(place, "fox"), FOX);
    return { text: await text(place, "fox") };
  },
  "appends to it": async (place) => {
    await writeFile(inside(place, "log"), "one\n");
    await appendFile(inside(place, "log"), "two\n");
    return { text: await text(place, "log") };
  },
  "copies 20 MiB up": async (place) => {
    await copyFile(place.large, inside(place, "large"));
    return { size: (await stat(inside(place, "large"))).size };
  },
  "makes folders": async (place) => {
    await mkdir(inside(place, "folder/inner"), { recursive: true });
    for (const name of ["a b", "ä", "inner/q&y"])
      await writeFile(inside(place, `folder/${name}`), name);
    return { names: (await readdir(inside(place, "folder"))).sort() };
  },
  renames: async (place) => {
    await rename(inside(place, "folder/a b"), inside(place, "folder/renamed"));
    return { text: await text(place, "folder/renamed") };
  },
  "changes a mode": async (place) => {
    await chmod(inside(place, "fox"), 0o600);
    return { mode: ((await stat(inside(place, "fox"))).mode % 0o1000).toString(8) };
  },
  "reads all after mounting anew": async (place) => {
    await unmount(place, "mnt");
    await mounted(place, { name: "mnt", key: place });
    const large = await readFile(inside(place, "large"));
    const mode = ((await stat(inside(place, "fox"))).mode % 0o1000).toString(8);
    const inner = await text(place, "folder/inner/q&y");
    return { intact: sha256(large) === place.largeSha256, mode, inner };
  },
  "reads a missing file": async (place) => ({ text: await text(place, "missing") }),
  "reads with a reader's key": async (place) => {
    const key = { accessKey: place.readerAccessKey, secretKey: place.readerSecretKey };
    const folder = await mounted(place, { name: "reader", key });
    return { text: (await readFile(join(folder, "fox"))).toString() };
  },
  "writes with a reader's key": async (place) => {
    try {
      await writeFile(join(place.scratch, "reader", "refused"), FOX);
    } finally {
      await unmount(place, "reader");
    }
    return {};
  },
  "uses a wrong secret": async (place) => {
    const key = { ...place, secretKey: "wrong" };
    // It ends by itself, and only its log has the reason.
    const folder = await mounted(place, { name: "wrong", key, foreground: true });
    return { mounted: (await readFile("/proc/mounts")).includes(folder) };
  },
  "removes everything": async (place) => {
    for (const name of await readdir(inside(place, ""))) {
      await rm(inside(place, name), { recursive: true });
    }
    return { left: await readdir(inside(place, "")) };
  },
  unmounts: async (place) => {
    await unmount(place, "mnt");
    return {};
  },
};

/** True if there is a device to mount by. Many containers have none, and no package adds one. */
const HAS_DEVICE = existsSync("/dev/fuse");

const FUSE = { name: "/dev/fuse", present: HAS_DEVICE, install: "modprobe fuse" };

export const S3FS_FUSE: OwnClient = {
  name: "s3fs-fuse",
  title: "s3fs-fuse",
  version: "1.90",
  snippet: {
    language: "sh",
    text: `s3fs ${[SHOWN.bucket, "/mnt", ...s3fsOptions(SHOWN, "~/.passwd-s3fs")].join(" ")}`,
  },
  needs: [debianProgram("s3fs", "s3fs"), FUSE],
  ...(!HAS_DEVICE && { byHand: true }),
  scheme: "https",
  bucket: "given",
  spend: stepByStep(STEPS, (error) => {
    if (error instanceof Error && "code" in error) return String(error.code);
    return codeSaid([[/403|Forbidden|invalid credentials/i, "403"]])(error);
  }),
  steps: {
    mounts: { ok: true, files: [] },
    "writes a file": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "appends to it": { ok: true, text: "one\ntwo\n" },
    "copies 20 MiB up": { ok: true, size: 20_971_520 },
    "makes folders": { ok: true, names: ["a b", "inner", "ä"] },
    renames: { ok: true, text: "a b" },
    "changes a mode": { ok: true, mode: "600" },
    "reads all after mounting anew": { ok: true, intact: true, mode: "600", inner: "inner/q&y" },
    "reads a missing file": { ok: false, code: "ENOENT" },
    "reads with a reader's key": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "writes with a reader's key": { ok: false, code: "EPERM" },
    "uses a wrong secret": { ok: true, mounted: false },
    "removes everything": { ok: true, left: [] },
    unmounts: { ok: true },
  },
  differences: [noReader("reads with a reader's key", "writes with a reader's key")],
};
