import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Problem } from "../lib/problem.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { ConfigDocument } from "./document.ts";
import { problemAt } from "./issues.ts";
import { besides, unreadable, type Surroundings } from "./surroundings.ts";

/** The certificates and keys that gateway.yaml names, as PEM text. */
export type Pem = {
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly ca: string | undefined;
  /** Of sources in Ceph, by their place in `identities`. */
  readonly cephCas: ReadonlyMap<number, string>;
  /** Of targets, by the place of their route in `passthrough`. */
  readonly routeCas: ReadonlyMap<number, string>;
};

/**
 * Reads the files behind `listen.tls` and every `caFile`, and proves that they are what they
 * are named for: a server that only notices at the first handshake is found out too late.
 */
export function readPem(
  gateway: ConfigDocument,
  surroundings: Surroundings,
): Result<Pem, readonly Problem[]> {
  const problems: Problem[] = [];
  const read = (path: string, check: (text: string) => string | undefined): string | undefined => {
    const named = gateway.nodes.get(path)?.value;
    if (typeof named !== "string" || named === "") return undefined;
    const file = besides(gateway.file, named);
    const text = surroundings.read(file);
    if (!text.ok) {
      problems.push(problemAt(gateway, path, unreadable(file, text.error)));
      return undefined;
    }
    const message = check(text.value);
    if (message === undefined) return text.value;
    problems.push(problemAt(gateway, path, { message: `${message}: got "${file}"`, remedy: "" }));
    return undefined;
  };
  const ca = read("upstream.caFile", certificateFault);
  const cert = read("listen.tls.cert", certificateFault);
  const key = read("listen.tls.key", (text) => keyFault(text, cert));
  const listed = (place: RegExp): ReadonlyMap<number, string> => {
    const found = new Map<number, string>();
    for (const path of gateway.nodes.keys()) {
      const index = place.exec(path)?.[1];
      const text = index === undefined ? undefined : read(path, certificateFault);
      if (text !== undefined) found.set(Number(index), text);
    }
    return found;
  };
  const cephCas = listed(CEPH_CA);
  const routeCas = listed(ROUTE_CA);
  if (problems.length > 0) return err(problems);
  const tls = cert === undefined || key === undefined ? undefined : { cert, key };
  return ok({ tls, ca, cephCas, routeCas });
}

const CEPH_CA = /^identities\[(\d+)\]\.ceph\.caFile$/;
const ROUTE_CA = /^passthrough\[(\d+)\]\.caFile$/;

function certificateFault(text: string): string | undefined {
  return attempt(() => new X509Certificate(text)) === undefined
    ? "Expected a certificate in PEM form"
    : undefined;
}

/** `cert`: the certificate chain it must fit; undefined if there is none that can be read. */
function keyFault(text: string, cert: string | undefined): string | undefined {
  const key = attempt(() => createPrivateKey(text));
  if (key === undefined) return "Expected a private key in PEM form that is not encrypted";
  if (cert === undefined || new X509Certificate(cert).checkPrivateKey(key)) return undefined;
  return "Expected the private key of the certificate in listen.tls.cert";
}

/** OpenSSL's reasons are swallowed: they say nothing to an operator ("no start line"). */
function attempt<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch {
    return undefined;
  }
}
