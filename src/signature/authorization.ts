import { Buffer } from "node:buffer";
import { LRUCache } from "lru-cache";
import type { HeaderList } from "../http/headers.ts";
import { interned } from "../http/interned.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { CREDENTIAL_PROBLEMS } from "../s3/fault-table.ts";
import { awsFault, filledIn, type Fault, type FaultElement } from "../s3/faults.ts";
import { ALGORITHM } from "./canonical.ts";
import type { SignatureRules } from "./rules.ts";
import { parseCredential, type ScopedCredential } from "./scope.ts";
import { namesMax, parseSignedHeaders } from "./v4-claim.ts";

/** The parts of an Authorization header of version 4. */
export type Authorization = {
  readonly credential: ScopedCredential;
  /** The names in lower case, in the order given. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
};

/** The parts that do not change from request to request, as they were read under these rules. */
type Known = Omit<Authorization, "signature"> & { readonly rules: SignatureRules };

/** The digits of a signature, and the texts that nearly all clients write before them. */
const SIGNATURE_DIGITS = 64;
const MARKS: readonly string[] = [", Signature=", ",Signature="];

/** The most headers that are remembered, and the longest and widest. Anybody can send such. */
const KNOWN_MAX = 1000;
const KNOWN_LENGTH_MAX = 512;
const KNOWN_NAMES_MAX = 16;

/**
 * The Authorization headers that were read last, by their text before the signature: a client signs
 * with one key and the same fields all day, and only the signature differs. Nothing of them is proved.
 */
export class KnownAuthorizations {
  readonly #known = new LRUCache<string, Known>({ max: KNOWN_MAX });

  /** As `readAuthorization()`, for S3. */
  read(text: string, headers: HeaderList, rules: SignatureRules): Result<Authorization, Fault> {
    const at = text.length - SIGNATURE_DIGITS;
    if (at > KNOWN_LENGTH_MAX || !endsWithSignature(text, at)) {
      return readAuthorization(text, headers, rules);
    }
    const known = this.#known.get(text.slice(0, at));
    if (known?.rules === rules && known.signedHeaders.length <= namesMax(headers)) {
      const { credential, signedHeaders } = known;
      return ok({ credential, signedHeaders, signature: text.slice(at) });
    }
    // Cut out of a head, what is remembered would keep all of it.
    const copy = Buffer.from(text).toString();
    const read = readAuthorization(copy, headers, rules);
    if (read.ok && read.value.signedHeaders.length <= KNOWN_NAMES_MAX) {
      const { credential } = read.value;
      const signedHeaders = read.value.signedHeaders.map(interned);
      this.#known.set(copy.slice(0, at), { credential, signedHeaders, rules });
    }
    return read;
  }
}

/**
 * Returns true if the last component of `text` is a signature, which stands from `at` on. The mark
 * must begin the component: elsewhere it is part of another one, or of the signature itself.
 */
function endsWithSignature(text: string, at: number): boolean {
  if (!MARKS.some((mark) => text.startsWith(mark, at - mark.length))) return false;
  const signature = text.slice(at);
  return !signature.includes(",") && signature.trimEnd() === signature;
}

/**
 * Reads an `AWS4-HMAC-SHA256 …` value of Authorization ("Authenticating Requests: Using the
 * Authorization Header"). `headers`: of its request. `service`: the one that it must be for; absent
 * for S3. Faults: AuthorizationHeaderMalformed, with AWS's messages.
 */
export function readAuthorization(
  text: string,
  headers: HeaderList,
  rules: SignatureRules,
  service?: string,
): Result<Authorization, Fault> {
  const parts = parseComponents(text.slice(ALGORITHM.length));
  if (!parts.ok) return parts;
  const credential = parseCredential(parts.value.credential, rules, service);
  if (!credential.ok) return badAuthorization(credential.error.message, credential.error);
  const signedHeaders = parseSignedHeaders(parts.value.signedHeaders, headers);
  if (!signedHeaders.ok) {
    return badAuthorization(CREDENTIAL_PROBLEMS.noSignedHeaders, { why: signedHeaders.error });
  }
  const { signature } = parts.value;
  return ok({ credential: credential.value, signedHeaders: signedHeaders.value, signature });
}

type Components = {
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
};

/**
 * Reads `Credential=…, SignedHeaders=…, Signature=…` in any order, with or without the spaces: three
 * components, neither more nor fewer.
 */
function parseComponents(text: string): Result<Components, Fault> {
  const components = new Map<string, string>();
  let count = 0;
  for (let from = 0; from <= text.length && count <= COMPONENTS;) {
    const comma = text.indexOf(",", from);
    const end = comma < 0 ? text.length : comma;
    const component = text.slice(from, end).trim();
    from = end + 1;
    count++;
    const mark = component.indexOf("=");
    if (mark < 0) return badAuthorization(filledIn(CREDENTIAL_PROBLEMS.component, [component]));
    components.set(component.slice(0, mark), component.slice(mark + 1));
  }
  if (count !== COMPONENTS) return badAuthorization(CREDENTIAL_PROBLEMS.components);
  const credential = components.get("Credential");
  if (credential === undefined) return badAuthorization(CREDENTIAL_PROBLEMS.noCredential);
  const signedHeaders = components.get("SignedHeaders");
  if (signedHeaders === undefined) return badAuthorization(CREDENTIAL_PROBLEMS.noSignedHeaders);
  const signature = components.get("Signature");
  if (signature === undefined) return badAuthorization(CREDENTIAL_PROBLEMS.noSignature);
  return ok({ credential, signedHeaders, signature });
}

const COMPONENTS = 3;

type More = { readonly elements?: readonly FaultElement[]; readonly why?: string | undefined };

/** Returns the fault: `problem` in AWS's words, and `why`, what that means of this header. */
export function badAuthorization(
  problem: string,
  { elements, why }: More = {},
): Result<never, Fault> {
  return err(awsFault("MalformedAuthorization", { values: [problem], elements, why }));
}
