import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import type { Config } from "../config/config.ts";
import { besides } from "../config/surroundings.ts";
import { count } from "../lib/words.ts";
import { fine, problem, warning, type Diagnosis } from "./diagnosis.ts";

const DAY_MS = 86_400_000;
/** The days before its end from which a certificate is reported. */
const EXPIRY_DAYS_WARN = 21;

/** The certificates that clients and the store are shown, and when they end. */
export function examineCertificates({
  listen,
  upstream,
  directories,
  log,
}: Config): readonly Diagnosis[] {
  const syslog = log.audit?.syslog?.clientCertificate;
  const shown = [
    ...(listen.tls?.certificates ?? []).map(({ cert }) => ["listen.tls", cert] as const),
    ...(upstream.clientCertificate === undefined
      ? []
      : [["upstream.clientCertificate", upstream.clientCertificate.cert] as const]),
    ...directories.flatMap(({ url, clientCertificate }) =>
      clientCertificate === undefined
        ? []
        : [[`identities ${url}`, clientCertificate.cert] as const],
    ),
    ...(syslog === undefined ? [] : [["log.audit.syslog.clientCertificate", syslog.cert] as const]),
  ];
  return shown.map(([place, pem]) => {
    const certificate = new X509Certificate(pem);
    const name = certificate.subject.replaceAll("\n", ", ");
    const about = `${place} ${name === "" ? (certificate.subjectAltName ?? "") : name}`;
    const days = Math.floor((certificate.validToDate.getTime() - Date.now()) / DAY_MS);
    const until = certificate.validToDate.toISOString().slice(0, 10);
    if (days < 0) return problem(about, `ended on ${until}`, RENEW);
    const text = `ends on ${until}, in ${days} days`;
    return days < EXPIRY_DAYS_WARN ? warning(about, text, RENEW) : fine(about, text);
  });
}

const RENEW = "Renew it: a changed file is put in force without a restart";

/** Matches a secret, and no reference to one, such as `${env:NAME}`. */
const SECRET =
  /PRIVATE KEY|\b(?:secretKey|secret|token)["']?\s*:\s*(?!["']?\$\{(?:env|file):)[^\s]/;
/** Matches a reference to a file that is a secret as a whole. */
const SECRET_FILE = /\b(?:secretKey|secret|token)["']?\s*:\s*["']?\$\{file:([^}]+)\}/g;
const OTHERS_READ = 0o004;
const OTHERS_WRITE = 0o002;

/**
 * Reports files whose secrets others on this machine can read, or whose rules they can write.
 * `tokens`: files that are secrets as a whole.
 */
export function examineFiles(
  files: Iterable<string>,
  tokens: readonly string[] = [],
): readonly Diagnosis[] {
  const findings: Diagnosis[] = [];
  let seen = 0;
  const all = new Set([...files, ...tokens]);
  const whole = new Set([...tokens, ...[...all].flatMap(secretFilesIn)]);
  for (const file of all) {
    const mode = statSync(file, { throwIfNoEntry: false })?.mode;
    if (mode === undefined) continue;
    seen++;
    if ((mode & OTHERS_WRITE) !== 0) {
      findings.push(problem(`file ${file}`, "everybody can write it", `chmod o-w ${file}`));
    }
    const isSecret = (): boolean => whole.has(file) || SECRET.test(readFileSync(file, "utf8"));
    if ((mode & OTHERS_READ) !== 0 && isSecret()) {
      const text = "has secrets, and everybody on this machine can read it";
      findings.push(warning(`file ${file}`, text, `chmod o-r ${file}`));
    }
  }
  return findings.length > 0
    ? findings
    : [fine("files", `${count(seen, "file")}, closed to others`)];
}

/** Returns the files that `file` names as secrets, as `${file:PATH}`. */
function secretFilesIn(file: string): readonly string[] {
  if (!/\.(?:ya?ml|json)$/.test(file) || !existsSync(file)) return [];
  const named = readFileSync(file, "utf8").matchAll(SECRET_FILE);
  return [...named].map(([, path = ""]) => besides(file, path));
}

/** The files that the process opens besides connections. */
const FILES_BESIDES = 64;
/** The memory of a process, and of an identity in its accounts file (docs/operate.md, "Size"). */
const PROCESS_MIB = 190;
const IDENTITY_MIB = 0.012;
const MIB = 1024 * 1024;

/** Compares the limits of open files and memory with what the configuration may need. */
export function examineLimits(config: Config): readonly Diagnosis[] {
  const wanted =
    config.limits.connectionsMax +
    config.upstream.connectionsMax * config.upstream.endpoints.length +
    FILES_BESIDES;
  const open = openFilesMax();
  const files =
    open === undefined
      ? []
      : open >= wanted
        ? [fine("open files", `${open} are allowed, ${wanted} may be needed`)]
        : [
            warning(
              "open files",
              `${open} are allowed, but ${wanted} may be needed`,
              `ulimit -n ${wanted}, LimitNOFILE=${wanted} of the unit, or a lower limits.connections`,
            ),
          ];
  const subusers = config.accounts.flatMap((account) => account.subusers);
  const identities = config.accounts.length + subusers.length;
  const workers = config.workers === "auto" ? availableParallelism() : config.workers;
  const processes = workers === 1 ? 1 : workers + 1;
  // A reload holds both configurations for a moment.
  const needed = Math.ceil((PROCESS_MIB + 2 * identities * IDENTITY_MIB) * processes);
  const have = Math.floor(memoryMax() / MIB);
  const text = `${have} MiB, about ${needed} MiB may be needed for ${count(identities, "identity", "identities")}`;
  const memory =
    have >= needed
      ? fine("memory", text)
      : warning("memory", text, "Raise the limit, or lower workers: see docs/operate.md, Size");
  return [...files, memory];
}

/**
 * Returns the limit of this process, which the gateway started from here would have, too;
 * `undefined` but on Linux.
 */
function openFilesMax(): number | undefined {
  const text = read("/proc/self/limits");
  const [, soft] = /^Max open files +(\d+)/m.exec(text) ?? [];
  return soft === undefined ? undefined : Number(soft);
}

/** Returns the memory of the container, if there is one with a limit; else of the machine. */
function memoryMax(): number {
  const limit = Number.parseInt(read("/sys/fs/cgroup/memory.max"), 10);
  return Number.isNaN(limit) ? totalmem() : Math.min(limit, totalmem());
}

/** Returns the file's text; "" if there is no such file. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
