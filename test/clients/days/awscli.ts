import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FOX, sha256 } from "../day.ts";
import {
  codeSaid,
  NO_TRAILERS,
  noReader,
  output,
  stepByStep,
  writeOld,
  type OwnClient,
  type OwnSteps,
  type Place,
} from "./frame.ts";
import { installed } from "./installed.ts";
import { pinned, SHOWN } from "./snippets.ts";

const PROGRAM = installed("current aws-cli", "venv-cli/bin/aws");

type Key = { readonly accessKey: string; readonly secretKey: string };

/** Returns the ~/.aws/config of docs/clients.md. */
function awsConfig({ endpoint, region, accessKey, secretKey }: Key & Endpoint): string {
  return `[default]
region = ${region}
endpoint_url = ${endpoint}
aws_access_key_id = ${accessKey}
aws_secret_access_key = ${secretKey}
s3 =
  signature_version = s3v4
`;
}

type Endpoint = { readonly endpoint: string; readonly region: string };

async function aws(place: Place, args: readonly string[], key: Partial<Key> = {}): Promise<string> {
  const config = join(place.scratch, "config");
  writeFileSync(config, awsConfig({ ...place, ...key }));
  const env = {
    HOME: place.scratch,
    AWS_CONFIG_FILE: config,
    AWS_CA_BUNDLE: place.authority,
    AWS_MAX_ATTEMPTS: "1",
    AWS_PAGER: "",
  };
  return (await output(PROGRAM.path, args, { env })).toString();
}

const at = (place: Place, key: string): string => `s3://${place.bucket}/${key}`;
const read = (place: Place, key: string): Promise<string> =>
  aws(place, ["s3", "cp", at(place, key), "-"]);
const readerOf = (place: Place): Key => ({
  accessKey: place.readerAccessKey,
  secretKey: place.readerSecretKey,
});

async function api(place: Place, command: string, args: readonly string[]): Promise<string> {
  const said = await aws(place, ["s3api", command, "--bucket", place.bucket, ...args]);
  return said.trim();
}

const STEPS: OwnSteps = {
  "makes a bucket": async (place) => {
    await aws(place, ["s3", "mb", `s3://${place.bucket}`]);
    return {};
  },
  "copies a file up": async (place) => {
    const fox = join(place.scratch, "fox");
    writeFileSync(fox, FOX);
    await aws(place, ["s3", "cp", "--no-progress", fox, at(place, "fox")]);
    return { text: await read(place, "fox") };
  },
  "copies 20 MiB up and down": async (place) => {
    const file = join(place.scratch, "large");
    await aws(place, ["s3", "cp", "--no-progress", place.large, at(place, "large")]);
    await aws(place, ["s3", "cp", "--no-progress", at(place, "large"), file]);
    return { intact: sha256(readFileSync(file)) === place.largeSha256 };
  },
  "puts with a checksum": async (place) => {
    const fox = ["--key", "sum", "--body", join(place.scratch, "fox")];
    await api(place, "put-object", [...fox, "--checksum-algorithm", "SHA256"]);
    return { text: await read(place, "sum") };
  },
  "syncs a folder": async (place) => {
    const folder = join(place.scratch, "folder");
    mkdirSync(join(folder, "inner"), { recursive: true });
    for (const name of ["a b", "ä", "inner/q&y"]) writeOld(join(folder, name), name);
    await aws(place, ["s3", "sync", "--no-progress", folder, at(place, "folder")]);
    const again = await aws(place, ["s3", "sync", "--no-progress", folder, at(place, "folder")]);
    return { again };
  },
  lists: async (place) => {
    const query = ["--prefix", "folder/", "--query", "Contents[].Key", "--output", "json"];
    return { keys: JSON.parse(await api(place, "list-objects-v2", query)) };
  },
  "writes only once": async (place) => {
    const fox = ["--key", "fox", "--body", join(place.scratch, "fox")];
    await api(place, "put-object", [...fox, "--if-none-match", "*"]);
    return {};
  },
  presigns: async (place) => {
    const link = await aws(place, ["s3", "presign", "--expires-in", "60", at(place, "fox")]);
    const curl = ["--silent", "--cacert", place.authority, link.trim()];
    return { version: link.includes("X-Amz-Signature") ? "v4" : "v2", text: await said(curl) };
  },
  "reads a missing key": async (place) => ({ text: await read(place, "missing") }),
  "reads with a reader's key": async (place) => ({
    text: await aws(place, ["s3", "cp", at(place, "fox"), "-"], readerOf(place)),
  }),
  "writes with a reader's key": async (place) => {
    const fox = join(place.scratch, "fox");
    await aws(place, ["s3", "cp", fox, at(place, "refused")], readerOf(place));
    return {};
  },
  "uses a wrong secret": async (place) => {
    await aws(place, ["s3", "ls", at(place, "")], { secretKey: "wrong" });
    return {};
  },
  "removes everything": async (place) => {
    await aws(place, ["s3", "rb", "--force", `s3://${place.bucket}`]);
    return {};
  },
};

async function said(curl: readonly string[]): Promise<string> {
  return (await output("curl", curl, {})).toString();
}

const FOX_COPIED = { ok: true, text: "The quick brown fox jumps over the lazy dog" } as const;

export const AWSCLI: OwnClient = {
  name: "awscli-current",
  title: "aws-cli 1.46, with the AWS CRT",
  version: pinned("requirements/cli.txt", "awscli[crt]"),
  snippet: { language: "ini", text: `# ~/.aws/config\n${awsConfig(SHOWN)}` },
  needs: [PROGRAM.need],
  scheme: "https",
  bucket: "made",
  spend: stepByStep(
    STEPS,
    codeSaid([
      [/PreconditionFailed/, "PreconditionFailed"],
      [/\(404\)|Not Found/, "404"],
      [/AccessDenied/, "AccessDenied"],
      [/Forbidden/, "Forbidden"],
      [/SignatureDoesNotMatch/, "SignatureDoesNotMatch"],
    ]),
  ),
  steps: {
    "makes a bucket": { ok: true },
    "copies a file up": FOX_COPIED,
    "copies 20 MiB up and down": { ok: true, intact: true },
    "puts with a checksum": FOX_COPIED,
    "syncs a folder": { ok: true, again: "" },
    lists: { ok: true, keys: ["folder/a b", "folder/inner/q&y", "folder/ä"] },
    "writes only once": { ok: false, code: "PreconditionFailed" },
    presigns: { ...FOX_COPIED, version: "v4" },
    "reads a missing key": { ok: false, code: "404" },
    "reads with a reader's key": FOX_COPIED,
    "writes with a reader's key": { ok: false, code: "AccessDenied" },
    "uses a wrong secret": { ok: false, code: "SignatureDoesNotMatch" },
    "removes everything": { ok: true },
  },
  differences: [
    noReader("reads with a reader's key"),
    {
      stores: ["ceph"],
      way: "direct",
      steps: [
        "copies a file up",
        "copies 20 MiB up and down",
        "puts with a checksum",
        "syncs a folder",
        "lists",
        "writes only once",
        "presigns",
        "reads with a reader's key",
        "writes with a reader's key",
      ],
      why: NO_TRAILERS,
    },
    {
      stores: ["ceph"],
      way: "direct",
      steps: ["uses a wrong secret"],
      why: "RGW leaves <Message> empty, and aws-cli crashes on that; the gateway fills it",
    },
  ],
};
