import { holderName, whyNotInForce, type Key } from "../admission/principal.ts";
import type { Snapshot } from "../admission/snapshot.ts";
import { parseBucketName, parseInstant } from "../config/scalars.ts";
import type { RequestHead } from "../http/head.ts";
import { hasHeader } from "../http/headers.ts";
import { hostProblem } from "../http/host.ts";
import { parseTarget } from "../http/target.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { levelOf } from "../policy/actions.ts";
import { parseIpAddress } from "../policy/network.ts";
import { NARROWER_ACTIONS } from "../lib/operation-aliases.ts";
import { UNASKED_ACTIONS } from "../policy/action-names.ts";
import { ACTIONS, type Action } from "../s3/actions.ts";
import type { BucketName } from "../s3/address.ts";
import type { Ask } from "../s3/asks.ts";
import {
  isOperationName,
  OPERATION_LIST,
  operationNamed,
  type OperationName,
} from "../s3/operations.ts";
import { amzDate } from "../signature/amz-date.ts";
import { canonicalQuery } from "../signature/canonical.ts";
import { pretended, type SessionQuestion } from "./pretended-session.ts";
import { signHead } from "../signature/sign.ts";

/** The question: `request`, or `action` with `resource`; `as` or `anonymous`. */
export type ExplainQuestion = SessionQuestion & {
  /**
   * `account`, `account:subuser`, `role:NAME` or `role:ACCOUNT:NAME` for a session of a role, or the id
   * of the access key that signs.
   */
  readonly as?: string;
  readonly anonymous?: boolean;
  readonly ip?: string;
  /** The time, in ISO 8601; now if absent. */
  readonly at?: string;
  /** `name: value`. */
  readonly header?: readonly string[];
  /** Method and target, such as `PUT /b/k?acl`. */
  readonly request?: string;
  readonly action?: string;
  /** An ARN, or `*`. */
  readonly resource?: string;
  /** The document in the body of `request`; absent if it has none, or none that is known. */
  readonly body?: Buffer;
  /** True if the request comes over TLS; absent if it does not. */
  readonly secure?: boolean;
};

/** A request as its identity would send it. */
export type ExplainedRequest = {
  /** The snapshot to decide it by: with a session, also by a key that opens its token. */
  readonly snapshot: Snapshot;
  readonly head: RequestHead;
  readonly nowMs: number;
  /** The sender's name, for people. */
  readonly identity: string;
};

/**
 * Builds and signs the request that the question describes, as sent at `clockMs` unless it says
 * when. The error is a sentence about the question.
 */
export function requestFor(
  snapshot: Snapshot,
  question: ExplainQuestion,
  clockMs: number,
): Result<ExplainedRequest, string> {
  const time = question.at === undefined ? ok(clockMs) : timeOf(question.at);
  if (!time.ok) return time;
  const nowMs = time.value;
  if (question.ip !== undefined && parseIpAddress(question.ip) === undefined) {
    return err(`Cannot read the source address: got "${question.ip}", expected such as 192.0.2.1`);
  }
  const given = question.request !== undefined;
  if (given === (question.action !== undefined && question.resource !== undefined)) {
    return err("Give either a request, or an action and a resource");
  }
  // An action is judged as if it came with the plainest of requests.
  const [method = "", text = "", ...rest] = (question.request ?? "GET /").split(" ");
  const target = parseTarget(text);
  if (rest.length > 0 || !target.ok) {
    return err(
      `Cannot read the request: got "${question.request}", expected such as "PUT /bucket/key?acl"`,
    );
  }
  if (question.anonymous === true && question.as !== undefined) {
    return err("Give either an identity or anonymous");
  }
  const headers = headersFor(snapshot, question);
  if (!headers.ok) return headers;
  const head = {
    method,
    target: target.value,
    headers: headers.value,
    sourceAddress: question.ip,
    secure: question.secure ?? false,
  };
  if (question.anonymous === true) return ok({ snapshot, head, nowMs, identity: "anonymous" });
  if (question.as?.startsWith(ROLE) === true) {
    const begun = pretended(snapshot, question.as.slice(ROLE.length), question, nowMs);
    if (!begun.ok) return begun;
    const { key, identity, opening } = begun.value;
    return ok({ snapshot: opening, head: signed(head, key, nowMs, opening), nowMs, identity });
  }
  if (ofSession(question)) return err("Tags, a name or a policy of a session need --as role:NAME");
  const key = keyOf(snapshot, question.as, nowMs);
  if (!key.ok) return key;
  return ok({
    snapshot,
    head: signed(head, key.value, nowMs, snapshot),
    nowMs,
    identity: `${holderName(key.value)}, key ${key.value.accessKeyId}`,
  });
}

const ROLE = "role:";

function ofSession({ sessionName, sessionTags = [], sessionPolicy }: ExplainQuestion): boolean {
  return sessionName !== undefined || sessionTags.length > 0 || sessionPolicy !== undefined;
}

/** A signature has room for years of four digits. */
function timeOf(at: string): Result<number, string> {
  const ms = parseInstant(at);
  if (ms.ok && ms.value >= 0 && ms.value <= LAST_MS) return ms;
  return err(`Cannot read the time: got "${at}", expected such as 2026-11-22T12:00:00Z`);
}

const LAST_MS = Date.UTC(9999, 11, 31);

/** Returns the ask of `action` and `resource`; `undefined` if a whole request is explained. */
export function askFor({ action, resource }: ExplainQuestion): Result<Ask, string> | undefined {
  if (action === undefined || resource === undefined) return undefined;
  const asked = asking(action);
  if (asked === undefined) return err(`Unknown action: got "${action}"`);
  const { action: known, operation } = asked;
  const target = resourceIn(resource);
  if (target === undefined)
    return err(`Cannot read the resource: got "${resource}", expected arn:aws:s3:::bucket/key`);
  const level = levelOf(known);
  const isOther = target.key === undefined ? level === "object" : level === "bucket";
  if (target.bucket !== undefined && isOther) {
    const expected = level === "object" ? "arn:aws:s3:::bucket/key" : "arn:aws:s3:::bucket";
    return err(`${known} is not about such a resource: got "${resource}", expected ${expected}`);
  }
  return ok({ action: known, operation, ...target });
}

/** Returns the ask of a request for that action, or for the name that another system has for it. */
function asking(
  text: string,
): { readonly action: Action; readonly operation: OperationName } | undefined {
  const lower = text.toLowerCase();
  const action = ACTIONS.find((candidate) => candidate.toLowerCase() === lower);
  if (action !== undefined) {
    const needing = OPERATION_LIST.find(({ actions, versionedActions }) =>
      [...actions, ...versionedActions].includes(action),
    );
    return needing && { action, operation: needing.name };
  }
  const [, operation] = ELSEWHERES.find(([name]) => name.toLowerCase() === lower) ?? [];
  if (operation === undefined || !isOperationName(operation)) return undefined;
  const { actions, versionedActions } = operationNamed(operation);
  const [asked] = lower.includes("version") ? [...versionedActions, ...actions] : actions;
  return asked && { action: asked, operation };
}

/** Actions of other systems, each with the operation that asks for another action here. */
const ELSEWHERES = [...UNASKED_ACTIONS, ...NARROWER_ACTIONS];

/** The beginning of an ARN. A tenant of Ceph's may follow, as arnOf() writes it. */
const ARN = "arn:aws:s3::";

function resourceIn(
  text: string,
): { readonly bucket: BucketName | undefined; readonly key: string | undefined } | undefined {
  if (text === "*" || text === `${ARN}:*`) return { bucket: undefined, key: undefined };
  if (!text.startsWith(ARN)) return undefined;
  const [named = "", ...rest] = text.slice(ARN.length).split("/");
  const bucket = parseBucketName(named.replace(/^:/, ""));
  const key = rest.length === 0 ? undefined : rest.join("/");
  return bucket.ok && key !== "" ? { bucket: bucket.value, key } : undefined;
}

function headersFor(
  snapshot: Snapshot,
  question: ExplainQuestion,
): Result<readonly string[], string> {
  const headers: string[] = [];
  for (const line of question.header ?? []) {
    const colon = line.indexOf(":");
    if (colon <= 0) return err(`Cannot read the header: got "${line}", expected "name: value"`);
    headers.push(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  if (question.body !== undefined && !hasHeader(headers, "content-length")) {
    headers.push("content-length", String(question.body.length));
  }
  if (!hasHeader(headers, "host")) headers.push("host", snapshot.hosts.domains[0] ?? "localhost");
  const problem = hostProblem(headers);
  return problem === undefined ? ok(headers) : err(problem);
}

/**
 * Returns one of an identity's keys that is in force; another one if none is, or if that is asked
 * for.
 */
function keyOf(snapshot: Snapshot, as: string | undefined, nowMs: number): Result<Key, string> {
  if (as === undefined)
    return err("Say whose request it is: an account, account:subuser, or anonymous");
  const keys = [...snapshot.keys.values()].filter((key) => holderName(key) === as);
  const inForce = keys.find((key) => whyNotInForce(key, nowMs) === undefined);
  const key = inForce ?? keys[0] ?? snapshot.keys.get(as);
  if (key !== undefined) return ok(key);
  const hint =
    snapshot.elsewhere.strangers?.nameless === true
      ? ". Of a directory's users, name the id of an access key that it has"
      : "";
  return err(`Nobody with a key is called "${as}" in the configuration${hint}`);
}

type SigningKey = Pick<Key, "accessKeyId" | "secret" | "sessionToken">;

/** Signs the head as a client of the key's holder would. */
function signed(
  head: RequestHead,
  key: SigningKey,
  nowMs: number,
  snapshot: Snapshot,
): RequestHead {
  const headers = [...head.headers, "x-amz-date", amzDate(nowMs)];
  if (!hasHeader(headers, "x-amz-content-sha256")) {
    headers.push("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
  }
  if (key.sessionToken !== undefined) headers.push("x-amz-security-token", key.sessionToken);
  const { path, query } = head.target;
  const authorization = signHead(
    { method: head.method, path, query: canonicalQuery(query), headers },
    key,
    snapshot.signatures.regions[0] ?? snapshot.store.region,
    snapshot.ring,
  );
  return { ...head, headers: [...headers, "authorization", authorization] };
}
