import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { Problem } from "../lib/problem.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { ConfigDocument } from "./document.ts";
import { problemAt, quoted } from "./placed.ts";
import { besides, unreadable, type Surroundings } from "./surroundings.ts";

/** A certificate chain and its key, as PEM text. */
export type Certificate = { readonly cert: string; readonly key: string };

/** The certificates and keys that gateway.yaml names, as PEM text. */
export type Pem = {
  /** The certificates of `listen.tls`, `cert` and `key` first. */
  readonly certificates: readonly Certificate[];
  readonly clientCa: string | undefined;
  readonly ca: string | undefined;
  readonly clientCertificate: Certificate | undefined;
  /** The authorities of sources in Ceph, by their place in `identities`. */
  readonly cephCas: ReadonlyMap<number, string>;
  /** The authorities of directories, by their place in `identities`. */
  readonly directoryCas: ReadonlyMap<number, string>;
  readonly directoryCertificates: ReadonlyMap<number, Certificate>;
  /** The authorities of targets, by the place of their route in `passthrough`. */
  readonly routeCas: ReadonlyMap<number, string>;
  /** The authorities of issuers, by their place in `issuers`. */
  readonly issuerCas: ReadonlyMap<number, string>;
  /** The authorities of the audit log's collector. */
  readonly syslogCa: string | undefined;
  readonly syslogCertificate: Certificate | undefined;
  /** The parts of certificates that can be used, but were hardly meant. */
  readonly warnings: readonly Problem[];
};

/**
 * Reads the files behind `listen.tls`, every `clientCertificate` and every `caFile`, and proves
 * that they are what they are named for: a server that only notices at the first handshake is found
 * out too late.
 */
export function readPem(
  gateway: ConfigDocument,
  surroundings: Surroundings,
): Result<Pem, readonly Problem[]> {
  const reader = new PemReader(gateway, surroundings);
  const certificates: Certificate[] = [];
  for (const path of pathsLike(gateway, LISTENING)) {
    const certificate = reader.certificate(path);
    if (certificate === undefined) continue;
    if (certificates.length > 0) reader.warnOfNames(`${path}.cert`, certificate);
    certificates.push(certificate);
  }
  const listed = <T>(
    place: RegExp,
    read: (path: string) => T | undefined,
  ): ReadonlyMap<number, T> => {
    const found = new Map<number, T>();
    for (const path of pathsLike(gateway, place)) {
      const value = read(path);
      if (value !== undefined) found.set(Number(place.exec(path)?.[1]), value);
    }
    return found;
  };
  const cas = (place: RegExp): ReadonlyMap<number, string> =>
    listed(place, (path) => reader.authorities(path));
  const pem = {
    certificates,
    clientCa: reader.authorities("listen.tls.clientCaFile"),
    ca: reader.authorities("upstream.caFile"),
    clientCertificate: reader.certificate("upstream.clientCertificate"),
    cephCas: cas(CEPH_CA),
    directoryCas: cas(DIRECTORY_CA),
    directoryCertificates: listed(DIRECTORY_CERTIFICATE, (path) => reader.certificate(path)),
    routeCas: cas(ROUTE_CA),
    issuerCas: cas(ISSUER_CA),
    syslogCa: reader.authorities("log.audit.syslog.caFile"),
    syslogCertificate: reader.certificate("log.audit.syslog.clientCertificate"),
    warnings: reader.warnings,
  };
  return reader.problems.length > 0 ? err(reader.problems) : ok(pem);
}

const LISTENING = /^listen\.tls(?:\.certificates\[\d+\])?$/;
const CEPH_CA = /^identities\[(\d+)\]\.ceph\.caFile$/;
const DIRECTORY_CA = /^identities\[(\d+)\]\.http\.caFile$/;
const DIRECTORY_CERTIFICATE = /^identities\[(\d+)\]\.http\.clientCertificate$/;
const ISSUER_CA = /^issuers\[(\d+)\]\.caFile$/;
const ROUTE_CA = /^passthrough\[(\d+)\]\.caFile$/;

function pathsLike({ nodes }: ConfigDocument, pattern: RegExp): readonly string[] {
  return [...nodes.keys()].filter((path) => pattern.test(path));
}

/** Gathers what is wrong with the files as they are read. Lives no longer than `readPem`. */
class PemReader {
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly #gateway: ConfigDocument;
  readonly #surroundings: Surroundings;

  constructor(gateway: ConfigDocument, surroundings: Surroundings) {
    this.#gateway = gateway;
    this.#surroundings = surroundings;
  }

  /** `cert` and `key` below `path`; undefined if one is not there or not good. */
  certificate(path: string): Certificate | undefined {
    const cert = this.#read(`${path}.cert`, chainFault);
    const key = this.#read(`${path}.key`, (text) => keyFault(text, cert, `${path}.cert`));
    if (cert !== undefined) this.#warnOfTime(`${path}.cert`, certificatesIn(cert).slice(0, 1));
    if (cert === undefined || key === undefined) return undefined;
    const refusal = refusalOf({ cert, key });
    if (refusal === undefined) return { cert, key };
    const place = `${path}.cert`;
    const got = quoted(place, this.#gateway.nodes.get(place));
    const message = `OpenSSL refuses the certificate, "${refusal}"${got}`;
    const remedy = "Renew it and its chain with keys of 2048 bits or P-256";
    this.problems.push(problemAt(this.#gateway, place, { message, remedy }));
    return undefined;
  }

  /** Warns of a certificate that only serves the names in it. */
  warnOfNames(path: string, { cert }: Certificate): void {
    if (certificatesIn(cert)[0]?.subjectAltName?.includes("DNS:") === true) return;
    const message = "The certificate has no DNS name, so it is never chosen";
    const remedy = "Put it first, or give it a subjectAltName";
    this.warnings.push(problemAt(this.#gateway, path, { message, remedy }));
  }

  /** The file at `path`, of one certificate or several that others are trusted by. */
  authorities(path: string): string | undefined {
    const text = this.#read(path, chainFault);
    if (text !== undefined) this.#warnOfTime(path, certificatesIn(text));
    return text;
  }

  #read(path: string, check: (text: string) => string | undefined): string | undefined {
    const named = this.#gateway.nodes.get(path)?.value;
    if (typeof named !== "string" || named === "") return undefined;
    const file = besides(this.#gateway.file, named);
    const text = this.#surroundings.read(file);
    if (!text.ok) {
      this.problems.push(problemAt(this.#gateway, path, unreadable(file, text.error)));
      return undefined;
    }
    const fault = check(text.value);
    if (fault === undefined) return text.value;
    const message = `${fault}: got "${file}"`;
    this.problems.push(problemAt(this.#gateway, path, { message, remedy: "" }));
    return undefined;
  }

  /** Warns of certificates outside their time: of several, a single valid one suffices. */
  #warnOfTime(path: string, certificates: readonly X509Certificate[]): void {
    const { nowMs } = this.#surroundings;
    const times = certificates.map((certificate) => timeFault(certificate, nowMs));
    const [message] = times;
    if (message === undefined || times.includes(undefined)) return;
    this.warnings.push(
      problemAt(this.#gateway, path, { message, remedy: "Renew it: clients will refuse it" }),
    );
  }
}

function timeFault(certificate: X509Certificate, nowMs: number): string | undefined {
  const { validFromDate, validToDate } = certificate;
  if (validToDate.getTime() < nowMs) {
    return `The certificate expired on ${validToDate.toISOString()}`;
  }
  if (validFromDate.getTime() <= nowMs) return undefined;
  return `The certificate is not valid before ${validFromDate.toISOString()}`;
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** All certificates in `text`, which must be good. */
function certificatesIn(text: string): readonly X509Certificate[] {
  return (text.match(BLOCK) ?? []).map((block) => new X509Certificate(block));
}

function chainFault(text: string): string | undefined {
  const certificates = attempt(() => certificatesIn(text));
  return certificates === undefined || certificates.length === 0
    ? "Expected a certificate in PEM form"
    : undefined;
}

/**
 * Returns the fault of a key. `cert`: the certificate chain it must fit, and where that is named;
 * `undefined` if none can be read.
 */
function keyFault(text: string, cert: string | undefined, where: string): string | undefined {
  const key = attempt(() => createPrivateKey(text));
  if (key === undefined) return "Expected a private key in PEM form that is not encrypted";
  if (cert === undefined || certificatesIn(cert)[0]?.checkPrivateKey(key) === true) {
    return undefined;
  }
  return `Expected the private key of the certificate in ${where}`;
}

/**
 * Returns the reason why no connection could be opened with it, in OpenSSL's words; `undefined` if
 * one can. A certificate that parses may still be too weak for OpenSSL.
 */
function refusalOf(certificate: Certificate): string | undefined {
  try {
    createSecureContext(certificate);
    return undefined;
  } catch (error) {
    // The message is the last part of "error:0A00018F:SSL routines::ee key too small".
    if (error instanceof Error) return error.message.replace(/^error:.*:/, "");
    throw error;
  }
}

/**
 * Runs a step; `undefined` if it throws. OpenSSL's reasons are swallowed: they do not help an
 * operator ("no start line").
 */
function attempt<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch {
    return undefined;
  }
}
