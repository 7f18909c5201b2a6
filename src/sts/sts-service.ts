import { createHash } from "node:crypto";
import { authenticate } from "../admission/authenticate.ts";
import { NO_FACTS, withCaller, type Facts } from "../admission/facts.ts";
import { keyOf } from "../admission/find-key.ts";
import { judgeKey } from "../admission/gates.ts";
import type { Answer, Need } from "../admission/known.ts";
import type { Key, Role } from "../admission/principal.ts";
import { trustCaller } from "../admission/trust-caller.ts";
import type { Snapshot } from "../admission/snapshot.ts";
import type { RequestHead } from "../http/head.ts";
import { firstValue } from "../http/headers.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Fault } from "../s3/faults.ts";
import { NONCE_BYTES, seal, TOKEN_LENGTH_MAX } from "../session/seal.ts";
import {
  SESSION_KEY_BYTES,
  sessionKeyOf,
  userHolder,
  type Federated,
  type Session,
} from "../session/session.ts";
import { trusts, type TrustCaller } from "../session/trust.ts";
import type { V4Claim } from "../signature/v4-claim.ts";
import { parseServiceClaim } from "../signature/service-claim.ts";
import type { Issuers, WebIdentity } from "./issuers.ts";
import { readCall, readForm, readQuery, type StsCall } from "./parameters.ts";
import { readSessionPolicy } from "./session-policy.ts";
import {
  assumedDocument,
  identityDocument,
  sessionDocument,
  type AssumedRole,
  type BegunSession,
  type CallerIdentity,
} from "./sts-answer.ts";
import { stsFault, stsFaultOf, type StsFault } from "./sts-fault.ts";

/** The needs of STS: a key with its holder, and the revoked sessions. */
export type KeyNeed = Extract<Need, { readonly kind: "key" | "revocations" }>;

/** The world that answers an action of STS. */
export type StsWorld = {
  readonly snapshot: Snapshot;
  readonly issuers: Pick<Issuers, "verify">;
  /** Fetches what finding a caller's key needs, and the snapshot does not have. */
  readonly answer: (need: KeyNeed) => Promise<Result<Answer, Fault>>;
  /** Returns a number of random bytes. */
  readonly random: (bytes: number) => Buffer;
};

/** A request to STS, its body read whole. */
export type StsRequest = {
  readonly head: RequestHead;
  readonly body: Buffer;
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
};

/** The result: the XML of a success or a refusal, and the facts for the record. */
export type StsAnswered = {
  readonly facts: Facts;
  readonly outcome: Result<string, StsFault>;
};

/** Answers one request. Never rejects for what clients and issuers do. */
export async function answerSts(world: StsWorld, request: StsRequest): Promise<StsAnswered> {
  const call = callIn(request);
  if (!call.ok) return { facts: NO_FACTS, outcome: call };
  const facts: Facts = { ...NO_FACTS, operation: call.value.action };
  if (call.value.action === "AssumeRoleWithWebIdentity") {
    return withToken(world, request, call.value, facts);
  }
  const signed = await signer(world, request, facts);
  if (!signed.ok) return { facts: signed.error.facts, outcome: err(signed.error.fault) };
  return withKey(world, request, call.value, signed.value);
}

function callIn({ head, body }: StsRequest): Result<StsCall, StsFault> {
  const { method, target, headers } = head;
  const asked = target.query.length > 0;
  if (target.path !== "/" || (method !== "POST" && method !== "GET")) {
    return err(stsFault("InvalidAction", "STS is served at / by POST and GET only"));
  }
  if (asked && body.length > 0) {
    return err(
      stsFault("ValidationError", "Parameters must be in the body or in the query, not in both"),
    );
  }
  const kind = firstValue(headers, "content-type") ?? FORM;
  if (body.length > 0 && !kind.toLowerCase().startsWith(FORM)) {
    return err(stsFault("ValidationError", `The body must be ${FORM}`));
  }
  const values = asked ? readQuery(target.query) : readForm(body.toString("latin1"));
  return values.ok ? readCall(values.value) : values;
}

const FORM = "application/x-www-form-urlencoded";

/** The signer, and the facts for the record. */
type Signer = { readonly key: Key; readonly facts: Facts };
type Refused = { readonly facts: Facts; readonly fault: StsFault };

async function signer(
  world: StsWorld,
  { head, body, nowMs }: StsRequest,
  unproved: Facts,
): Promise<Result<Signer, Refused>> {
  const bodySha256 = createHash("sha256").update(body).digest("hex");
  const { snapshot } = world;
  // Clients sign for whatever region they have been told.
  const rules = { ...snapshot.signatures, regions: [] };
  const claim = parseServiceClaim(head, rules, { name: "sts", bodySha256 });
  if (claim === undefined) {
    const fault = stsFault("MissingAuthenticationToken", "Request is missing Authentication Token");
    return err({ facts: unproved, fault });
  }
  if (!claim.ok) return err({ facts: unproved, fault: stsFaultOf(claim.error) });
  const facts = { ...unproved, accessKeyId: claim.value.accessKeyId };
  const found = await find(world, claim.value, facts, nowMs);
  if (!found.ok) return err({ facts, fault: stsFaultOf(found.error) });
  const caller = authenticate(snapshot, head, claim.value, found.value, undefined, nowMs);
  if (!caller.ok) return err({ facts, fault: stsFaultOf(caller.error) });
  if (caller.value.kind === "anonymous") throw new Error("A signature was proved of nobody");
  const { key } = caller.value;
  const known = withCaller(facts, caller.value);
  const refusal = judgeKey(snapshot, key, head.sourceAddress, nowMs);
  if (refusal === undefined) return ok({ key, facts: known });
  const { fault, denial } = refusal;
  return err({ facts: { ...known, denial }, fault: stsFaultOf(fault) });
}

/**
 * Returns the key that a claim names, marked if its session is revoked; waits for facts that are
 * not at hand.
 */
async function find(
  { snapshot, answer }: StsWorld,
  claim: V4Claim,
  facts: Facts,
  nowMs: number,
): Promise<Result<Key | undefined, Fault>> {
  const finding = keyOf(snapshot, claim, facts, nowMs);
  let step = finding.next();
  while (step.done !== true) {
    const { need } = step.value;
    if (need.kind !== "key" && need.kind !== "revocations") {
      throw new Error(`Finding a key asks for no ${need.kind}`);
    }
    const told = await answer(need);
    if (!told.ok) return told;
    step = finding.next(told.value);
  }
  return step.value;
}

function withKey(
  world: StsWorld,
  request: StsRequest,
  call: Exclude<StsCall, { readonly action: "AssumeRoleWithWebIdentity" }>,
  { key, facts }: Signer,
): StsAnswered {
  switch (call.action) {
    case "GetCallerIdentity":
      return allowed(facts, identityDocument(identityOf(key), request.requestId));
    case "GetSessionToken": {
      if (key.sessionToken !== undefined) return refused(facts, NO_SESSIONS);
      const seconds = call.durationSeconds ?? USER_SECONDS;
      const begun = beginSession(world, request.nowMs, seconds, {
        account: key.account.name,
        holder: userHolder(key.accessKeyId, key.secret),
        ...NOTHING_SAID,
      });
      if (!begun.ok) return refused(facts, begun.error);
      return allowed(facts, sessionDocument(begun.value, request.requestId));
    }
    case "AssumeRole": {
      const passedOn = chained(key, call);
      if (!passedOn.ok) return refused(facts, passedOn.error);
      const { externalId } = call;
      const by = trustCaller(key);
      const own = { by, facts, externalId, identity: undefined };
      return assume(world, request, call, { ...own, ...passedOn.value });
    }
  }
}

const NO_SESSIONS = stsFault(
  "AccessDenied",
  "Cannot call GetSessionToken with session credentials",
);

/**
 * Returns the identity of the caller: of a role's session its own ARN ("GetCallerIdentity", STS API
 * Reference).
 */
function identityOf(key: Key): CallerIdentity {
  const { arn, account, userId } = trustCaller(key);
  const { role, name = "" } = key.session ?? {};
  if (role === undefined) return { arn, account, userId };
  return { arn: sessionArn(role, name), account, userId: `${role.name}:${name}` };
}

function sessionArn({ account, name }: Role, session: string): string {
  return `arn:aws:sts::${account.name}:assumed-role/${name}/${session}`;
}

type PassedOn = Pick<Assumer, "tags" | "transitiveTags" | "sourceIdentity" | "federated">;

/**
 * Returns the part of a session that the next one in a chain begins with: its transitive tags and
 * its source identity stay, and it lasts an hour at most ("Role chaining", IAM User Guide). The
 * token at the beginning of the chain stays, too: to revoke a person's sessions means all of them.
 */
function chained(
  { session }: Key,
  call: StsCall & { readonly action: "AssumeRole" },
): Result<PassedOn, StsFault> {
  const { tags, transitiveTags, sourceIdentity, durationSeconds = 0 } = call;
  if (session === undefined) {
    return ok({ tags, transitiveTags, sourceIdentity, federated: undefined });
  }
  if (session.policy !== undefined) return err(NOT_IN_POLICY);
  if (durationSeconds > CHAINED_SECONDS_MAX) {
    const message =
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining";
    return err(stsFault("ValidationError", message));
  }
  const before = session.sourceIdentity;
  if (before !== undefined && sourceIdentity !== undefined && sourceIdentity !== before) {
    return err(stsFault("AccessDenied", "The source identity of a session cannot be changed"));
  }
  const names = new Set(session.transitiveTags.map((name) => name.toLowerCase()));
  if ([...tags.keys()].some((name) => names.has(name.toLowerCase()))) {
    return err(stsFault("ValidationError", "A transitive tag of the session cannot be changed"));
  }
  const kept = [...session.tags].filter(([name]) => session.transitiveTags.includes(name));
  return ok({
    tags: new Map([...kept, ...tags]),
    transitiveTags: [...session.transitiveTags, ...transitiveTags],
    sourceIdentity: sourceIdentity ?? before,
    federated: session.federated,
  });
}

/**
 * The refusal of a session with a session policy. On AWS the policy would have to allow
 * sts:AssumeRole. Here session policies are about S3 only, and another role's session would not
 * have this one's policy.
 */
const NOT_IN_POLICY = stsFault(
  "AccessDenied",
  "A session with a session policy is not authorized to perform: sts:AssumeRole",
  "the caller's session has a session policy",
);

const CHAINED_SECONDS_MAX = 3_600;

async function withToken(
  world: StsWorld,
  request: StsRequest,
  call: StsCall & { readonly action: "AssumeRoleWithWebIdentity" },
  facts: Facts,
): Promise<StsAnswered> {
  const { sourceAddress } = request.head;
  // A caller who is not let in at all costs no signature.
  const foreign = judgeKey(world.snapshot, undefined, sourceAddress, request.nowMs);
  if (foreign !== undefined) {
    return refused({ ...facts, denial: foreign.denial }, stsFaultOf(foreign.fault));
  }
  const arrival = { address: sourceAddress, nowMs: request.nowMs };
  const identity = await world.issuers.verify(call.token, arrival);
  if (!identity.ok) {
    const { code, message, rule } = identity.error;
    return refused(facts, stsFault(code, message, rule));
  }
  const { issuer, subject, audiences, authorizedParty, claims, tags } = identity.value;
  const named = new Map<string, string | readonly string[]>([
    ...claims,
    ["sub", subject],
    ["aud", audiences.length === 1 ? (audiences[0] ?? "") : audiences],
    ...(authorizedParty === undefined ? [] : [["azp", authorizedParty] as const]),
  ]);
  return assume(world, request, call, {
    by: { kind: "token", issuer, claims: named },
    facts,
    externalId: undefined,
    sourceIdentity: undefined,
    tags,
    transitiveTags: [],
    federated: { issuer, subject },
    identity: identity.value,
  });
}

/** The caller who wants to take on a role, proved, with what it brings. */
type Assumer = {
  readonly by: TrustCaller;
  readonly facts: Facts;
  readonly externalId: string | undefined;
  readonly sourceIdentity: string | undefined;
  readonly tags: ReadonlyMap<string, string>;
  readonly transitiveTags: readonly string[];
  /** The identity whose token began it, or the session before; `undefined` if no token did. */
  readonly federated: Federated | undefined;
  /** The identity of the token in this very request; `undefined` if a key signed. */
  readonly identity: WebIdentity | undefined;
};

type Assuming = Extract<StsCall, { readonly roleArn: string }>;

function assume(
  world: StsWorld,
  request: StsRequest,
  call: Assuming,
  assumer: Assumer,
): StsAnswered {
  const { by, facts, identity, tags, transitiveTags, sourceIdentity } = assumer;
  const { head, nowMs, requestId } = request;
  const { snapshot } = world;
  const notAllowed = (rule: string, denial: Facts["denial"]): StsAnswered => {
    const who = identity === undefined && by.kind === "key" ? `User: ${by.arn} is not` : "Not";
    const message = `${who} authorized to perform: sts:${call.action}`;
    return refused({ ...facts, denial }, stsFault("AccessDenied", message, rule));
  };
  const role = snapshot.roles.get(call.roleArn);
  if (role === undefined) return notAllowed("roles: there is none with this ARN", undefined);
  const seconds = call.durationSeconds ?? Math.min(ROLE_SECONDS, role.maxSessionMs / 1000);
  const trusted = trusts(role.trust, {
    by,
    roleSessionName: call.sessionName,
    externalId: assumer.externalId,
    sourceIdentity,
    durationSeconds: seconds,
    tags,
    transitiveTags,
    sourceAddress: head.sourceAddress,
    secure: head.secure,
    userAgent: firstValue(head.headers, "user-agent"),
    nowMs,
  });
  if (trusted.kind === "denied") {
    const { action, reason, statement } = trusted;
    const gate = statement === undefined ? "allow" : "explicit-deny";
    const rule = `trust of ${role.arn}: ${action}: ${reason}`;
    return notAllowed(rule, { gate, rule, place: statement });
  }
  // Only whom the role trusts learns of its limits.
  if (seconds * 1000 > role.maxSessionMs) return refused(facts, TOO_LONG);
  const policy =
    call.policy === undefined
      ? ok(undefined)
      : readSessionPolicy(snapshot.policy.provider, call.policy);
  if (!policy.ok) return refused(facts, policy.error);
  const { name, account } = role;
  const begun = beginSession(world, nowMs, seconds, {
    account: account.name,
    holder: { kind: "role", role: name, session: call.sessionName },
    tags,
    transitiveTags,
    policy: policy.value,
    sourceIdentity,
    federated: assumer.federated,
  });
  if (!begun.ok) return refused(facts, begun.error);
  const holdsMore = policy.value !== undefined || tags.size > 0;
  const assumed: AssumedRole = {
    arn: sessionArn(role, call.sessionName),
    roleId: `${name}:${call.sessionName}`,
    packedPolicySize: holdsMore
      ? Math.ceil((begun.value.token.length * 100) / TOKEN_LENGTH_MAX)
      : undefined,
    sourceIdentity,
    web: identity && {
      provider: identity.url,
      audience: identity.audiences[0] ?? "",
      subject: identity.subject,
    },
  };
  const owned = facts.account === undefined ? { ...facts, account: account.name } : facts;
  return allowed(owned, assumedDocument(begun.value, assumed, requestId));
}

const TOO_LONG = stsFault(
  "ValidationError",
  "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
);

/** The duration if the request states none and the role allows as much. */
const ROLE_SECONDS = 3_600;
const USER_SECONDS = 43_200;

/** The facts of a session that is its user's own. */
const NOTHING_SAID = {
  tags: new Map<string, string>(),
  transitiveTags: [],
  policy: undefined,
  sourceIdentity: undefined,
  federated: undefined,
};

function beginSession(
  { snapshot, random }: StsWorld,
  nowMs: number,
  seconds: number,
  said: Omit<Session, "accessKeyId" | "secret" | "issuedMs" | "expiresMs">,
): Result<BegunSession, StsFault> {
  const [key] = snapshot.sealing;
  if (key === undefined) throw new Error("STS is served only with a sealing key");
  const issuedMs = Math.floor(nowMs / 1000) * 1000;
  const times = { issuedMs, expiresMs: issuedMs + seconds * 1000 };
  const session = { ...sessionKeyOf(random(SESSION_KEY_BYTES)), ...times, ...said };
  const token = seal(session, key, random(NONCE_BYTES));
  if (token.ok) return ok({ session, token: token.value });
  return err(
    stsFault(
      "PackedPolicyTooLarge",
      `Session policy, tags and names together need a session token of ${token.error} characters: at most ${TOKEN_LENGTH_MAX} are possible`,
    ),
  );
}

function allowed(facts: Facts, document: string): StsAnswered {
  return { facts: { ...facts, passed: true }, outcome: ok(document) };
}

function refused(facts: Facts, fault: StsFault): StsAnswered {
  return { facts, outcome: err(fault) };
}
