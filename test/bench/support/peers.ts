import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../support/ports.ts";
import { SYSTEM_PATH, findProgram } from "../../support/program.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { startProgram, type Server } from "./child.ts";
import { CREDENTIAL, STORE_CREDENTIAL } from "./workload.ts";

/** The version to measure; an installed program of another version is not used. */
const VERSITYGW = "v1.8.0";
const S3PROXY = "4.1.0";
/**
 * The version to use: s3proxy's own dependencies resolve to an older one, with which it does not
 * start.
 */
const JACKSON_ANNOTATIONS = "2.21";

/**
 * The folder of the programs, outside of the checkout, so that every checkout finds them; kept for
 * the next run.
 */
const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "s3warden-bench");
/** The folder of Go, if it is not in PATH. */
const GO_PATH = "/usr/local/go/bin";
const PROGRAM_PATH = `${process.env["PATH"] ?? SYSTEM_PATH}:${GO_PATH}`;

/** The rivals that can be started here: the path of the program, or of the folder of its jars. */
export type Peers = { readonly versitygw?: string; readonly s3proxy?: string };

/**
 * Installs the gateways that verify and sign again, as far as the tools of this machine can: Go for
 * versitygw, Java and Maven for s3proxy. `say` is told which are installed, and why the others are
 * not.
 */
export function installPeers(say: (line: string) => void): Peers {
  mkdirSync(CACHE, { recursive: true });
  const versitygw = installed(
    `versitygw ${VERSITYGW}`,
    join(CACHE, `versitygw-${VERSITYGW}`),
    installVersitygw,
    say,
  );
  const s3proxy = installed(
    `s3proxy ${S3PROXY}`,
    join(CACHE, `s3proxy-${S3PROXY}`),
    installS3proxy,
    say,
  );
  return {
    ...(versitygw === undefined ? {} : { versitygw }),
    ...(s3proxy === undefined ? {} : { s3proxy }),
  };
}

/** Returns name and version of those that take part. */
export function peerVersions(peers: Peers): readonly (readonly [name: string, version: string])[] {
  return [
    ...(peers.versitygw === undefined ? [] : [["versitygw", VERSITYGW] as const]),
    ...(peers.s3proxy === undefined ? [] : [["s3proxy", S3PROXY] as const]),
  ];
}

/**
 * Returns its path. `install` returns the reason why it cannot be installed, or `undefined` when it
 * is at its path.
 */
function installed(
  name: string,
  path: string,
  install: (path: string) => string | undefined,
  say: (line: string) => void,
): string | undefined {
  if (!existsSync(path)) say(`${name} is being installed; this takes minutes the first time.`);
  const problem = existsSync(path) ? undefined : install(path);
  say(problem === undefined ? `${name} takes part.` : `${name} does not take part: ${problem}`);
  return problem === undefined ? path : undefined;
}

function installVersitygw(path: string): string | undefined {
  if (!runs("go", "version")) return "Go is not installed";
  const folder = mkdtempSync(join(CACHE, "new-"));
  const module = `github.com/versity/versitygw/cmd/versitygw@${VERSITYGW}`;
  const problem = failure("go", ["install", module], { GOBIN: folder, CGO_ENABLED: "0" });
  if (problem === undefined) renameSync(join(folder, "versitygw"), path);
  rmSync(folder, { recursive: true });
  return problem;
}

function installS3proxy(path: string): string | undefined {
  if (findProgram("java") === undefined) return "Java is not installed";
  if (!runs("mvn", "--version")) return "Maven is not installed";
  const folder = mkdtempSync(join(CACHE, "new-"));
  writeFileSync(join(folder, "pom.xml"), POM);
  const args = ["-q", "-B", "-f", join(folder, "pom.xml"), "dependency:copy-dependencies"];
  const problem = failure("mvn", [...args, `-DoutputDirectory=${folder}`], {});
  if (problem === undefined) renameSync(folder, path);
  else rmSync(folder, { recursive: true });
  return problem;
}

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>s3warden</groupId>
  <artifactId>bench-peers</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.fasterxml.jackson.core</groupId>
      <artifactId>jackson-annotations</artifactId>
      <version>${JACKSON_ANNOTATIONS}</version>
    </dependency>
    <dependency>
      <groupId>org.gaul</groupId>
      <artifactId>s3proxy</artifactId>
      <version>${S3PROXY}</version>
    </dependency>
  </dependencies>
</project>
`;

function runs(command: string, argument: string): boolean {
  return failure(command, [argument], {}) === undefined;
}

/** Returns the reason why a command failed, in its last line; `undefined` if it did not. */
function failure(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): string | undefined {
  const { status, stderr, stdout, error } = spawnSync(command, args, {
    encoding: "utf8",
    env: { ...process.env, PATH: PROGRAM_PATH, ...env },
  });
  if (error !== undefined) return error.message;
  if (status === 0) return undefined;
  return `${stderr}${stdout}`.trim().split("\n").at(-1) ?? `${command} failed`;
}

/**
 * The environment. Nothing of ours leaks into it: with AWS_CA_BUNDLE set, versitygw does not start.
 */
const ENVIRONMENT = { PATH: PROGRAM_PATH, HOME: "/tmp" };

/**
 * Starts `versitygw s3`: connections kept alive, no log, and no checksums of its own towards the
 * store.
 */
export async function startVersitygw(
  { versitygw }: Peers,
  origin: string,
): Promise<Server | undefined> {
  if (versitygw === undefined) return undefined;
  const [port = 0] = await freePorts(1);
  const clients = [
    ["--access", CREDENTIAL.accessKeyId],
    ["--secret", CREDENTIAL.secretAccessKey],
    ["--port", `127.0.0.1:${port}`],
    ["--quiet", "--keep-alive"],
  ].flat();
  const store = [
    ["--access", STORE_CREDENTIAL.accessKey],
    ["--secret", STORE_CREDENTIAL.secretKey],
    ["--endpoint", origin, "--use-path-style"],
    // Without TLS to the store, it cannot send an upload otherwise.
    ["--disable-checksum", "--disable-data-integrity-check"],
  ].flat();
  return startProgram(versitygw, [...clients, "s3", ...store], port, ENVIRONMENT);
}

/** Starts s3proxy with AWS's SDK behind it, and no log. */
export async function startS3proxy(
  { s3proxy }: Peers,
  origin: string,
): Promise<Server | undefined> {
  const java = findProgram("java");
  if (s3proxy === undefined || java === undefined) return undefined;
  const [port = 0] = await freePorts(1);
  const folder = scratchFolder("s3proxy");
  const properties = {
    "s3proxy.endpoint": `http://127.0.0.1:${port}`,
    "s3proxy.authorization": "aws-v4",
    "s3proxy.identity": CREDENTIAL.accessKeyId,
    "s3proxy.credential": CREDENTIAL.secretAccessKey,
    "jclouds.provider": "aws-s3-sdk",
    "jclouds.identity": STORE_CREDENTIAL.accessKey,
    "jclouds.credential": STORE_CREDENTIAL.secretKey,
    "jclouds.endpoint": origin,
    "jclouds.region": "us-east-1",
  };
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(folder, "s3proxy.conf"), lines.join(""));
  // Without it, every request writes its head and its answer to the log.
  const quiet = '<configuration><root level="OFF"/></configuration>';
  writeFileSync(join(folder, "logback.xml"), quiet);
  return startProgram(
    java,
    [
      `-Dlogback.configurationFile=${join(folder, "logback.xml")}`,
      "-cp",
      `${s3proxy}/*`,
      "org.gaul.s3proxy.Main",
      "--properties",
      join(folder, "s3proxy.conf"),
    ],
    port,
    ENVIRONMENT,
  );
}
