/** The same worlds and requests as the reference is told, put through the engine: `admit` itself. */

import type { Snapshot } from "../../src/admission/snapshot.ts";
import { compileSnapshot } from "../../src/config/compile.ts";
import type { Config } from "../../src/config/config.ts";
import type { RequestHead } from "../../src/http/head.ts";
import { parseTarget } from "../../src/http/target.ts";
import { goodConfig } from "../support/config.ts";
import { userHolder } from "../../src/session/session.ts";
import type { Tags } from "../../src/s3/tags.ts";
import type { Verdict } from "../../src/admission/verdict.ts";
import { decided, word, type Told } from "../support/decided.ts";
import { sessionOf, STS, tokenOf } from "../support/sessions.ts";
import { signV4, timestampOf, type Header, type KeyPair } from "../support/signed.ts";
import { EVERY_OPERATION_SERVED } from "../unit/admission/row-requests.ts";
import type { Answer } from "./decide.ts";
import { storedTags, type Asked, type PolicyFile, type World } from "./world.ts";

/**
 * The world as files, and what the gateway makes of them. The store has no tenants, so its ACLs judge
 * nothing: `storeAcls` of LUMI-O is not compared here, and test/stores/lumi-o.test.ts shows it.
 */
export function snapshotOf(world: World): Snapshot {
  return compileSnapshot(configOf(world), 1);
}

const ISSUER = { name: "idp", url: "https://idp.example.org", audiences: ["s3"] };
const SESSIONS = `issuers: ${JSON.stringify([ISSUER])}\nsts: ${JSON.stringify(STS)}\n`;

/** The world as the gateway reads it, with `more` in gateway.yaml. */
export function configOf({ policy, accounts, buckets, revoked, files }: World, more = ""): Config {
  const inOwnForm = new Set(policy.provider === "qumulo" ? buckets.map((one) => one.policy) : []);
  const policies = Object.entries(files).map(([name, file]) => [
    name,
    policyText(file, inOwnForm.has(name)),
  ]);
  return goodConfig({
    ...Object.fromEntries(policies),
    "gateway.yaml": `${EVERY_OPERATION_SERVED}${SESSIONS}policy: ${JSON.stringify(policy)}\n${more}`,
    "accounts.yaml": JSON.stringify({ accounts, buckets, revoked }),
  });
}

/** A policy as its file has it; `inOwnForm`: as Qumulo writes it. */
export function policyText({ Statement, ...file }: PolicyFile, inOwnForm: boolean): string {
  return JSON.stringify({ ...file, [inOwnForm ? "Statements" : "Statement"]: Statement });
}

/** What `admit` says, in the reference's words. */
export function admitted(snapshot: Snapshot, world: World, asked: Asked): Answer {
  return admittedHead(snapshot, headOf(world, asked), asked);
}

/** The same of a head that was made before. */
export function admittedHead(snapshot: Snapshot, head: RequestHead, asked: Asked): Answer {
  return answerOf(snapshot, head, asked, { body: bodyOf(asked) });
}

/** The same if what the decision asks for is in `told`. */
export function answerOf(snapshot: Snapshot, head: RequestHead, asked: Asked, told: Told): Answer {
  const decision = decided(snapshot, head, asked.nowMs, { tags: STORED, ...told });
  if (decision.kind === "asking") throw new Error(`It asks for ${word(decision)}`);
  return { gates: gatesOf(decision, asked), signer: signerOf(decision) };
}

/** What the store would tell of any object. */
class StoredTags extends Map<string, Tags> {
  /** By `bucket/version/key`. */
  override get(name: string): Tags {
    return storedTags(name.split("/").slice(2).join("/"));
  }
}

const STORED = new StoredTags();

function gatesOf(decision: Verdict, { entries }: Asked): Answer["gates"] {
  const { denial, entriesDenied, reported } = decision.facts;
  // In report mode nothing is held back, and only that something would be is known.
  if (reported) return (entries ?? [""]).map(() => denial?.gate);
  if (entries !== undefined) {
    // Where some pass, those that do not are named; else the denial is of all.
    const all = decision.kind === "refuse" || (denial !== undefined && entriesDenied === undefined);
    const denied = (i: number): boolean => all || entriesDenied?.includes(i) === true;
    return entries.map((_, i) => (denied(i) ? "held-back" : undefined));
  }
  if (decision.kind !== "refuse") return [undefined];
  return [denial?.gate ?? `fault ${word(decision)}`];
}

/** By the credential in the head that the store would be sent. */
function signerOf(decision: Verdict): string | undefined {
  if (decision.kind !== "forward") return undefined;
  const { headers } = decision.request.head;
  const authorization = headers[headers.indexOf("authorization") + 1] ?? "";
  return /Credential=STORE\.([^/]+)\//u.exec(authorization)?.[1] ?? "nobody";
}

/**
 * Both answers in words that can be compared: the gate, or who signs for the store. Of entries only
 * whether each passes can be told from the engine, and in report mode only whether all do.
 */
export function comparable({ entries, query }: Asked, { policy }: World, answer: Answer): string {
  const { provider } = policy;
  const { gates, signer } = answer;
  // The gateway itself shows the policies that it keeps, and Qumulo's location.
  const isOwn =
    query["policy"] !== undefined || (provider === "qumulo" && query["location"] !== undefined);
  const passes = !isOwn ? `passes as ${signer ?? "nobody"}` : "passes";
  if (entries === undefined) return gates[0] ?? passes;
  if (policy.mode === "report")
    return gates.every((gate) => gate === undefined) ? passes : "denied";
  if (gates.every((gate) => gate !== undefined)) return "all held back";
  return `${gates.map((gate) => (gate === undefined ? "through" : "held back")).join(", ")}, ${passes}`;
}

function bodyOf({ entries }: Asked): string {
  return entries === undefined ? "" : deletionOf(entries);
}

function deletionOf(entries: NonNullable<Asked["entries"]>): string {
  const objects = entries.map(({ key, version }) => {
    const id = version === undefined ? "" : `<VersionId>${version}</VersionId>`;
    return `<Object><Key>${key.replaceAll("&", "&amp;").replaceAll("\n", "&#10;")}</Key>${id}</Object>`;
  });
  return `<Delete>${objects.join("")}</Delete>`;
}

/** The request as its holder would sign and send it. */
export function headOf(world: World, asked: Asked, body = bodyOf(asked)): RequestHead {
  const { method, ip, nowMs, as } = asked;
  const target = targetOf(asked);
  const parsed = parseTarget(target);
  if (!parsed.ok) throw new Error(parsed.error);
  const pair = as === undefined ? undefined : keyPairOf(world, as);
  const headers: readonly Header[] = [
    ["host", "gateway.example.org"],
    ...(body === "" ? [] : [["content-length", String(Buffer.byteLength(body))] as const]),
    ...(pair?.token === undefined ? [] : [["x-amz-security-token", pair.token] as const]),
    ...Object.entries(asked.headers),
  ];
  const unsigned = { method, target, headers, body: Buffer.from(body) };
  const sent = pair ? signV4(unsigned, pair, { timestamp: timestampOf(nowMs) }) : unsigned;
  const { headers: all } = sent;
  return { method, target: parsed.value, headers: all.flat(), sourceAddress: ip, secure: false };
}

function targetOf({ bucket, key, query }: Asked): string {
  const path = [bucket, key].filter((part) => part !== undefined).join("/");
  const parameters = Object.entries(query)
    .map(([name, value]) => (value === "" ? name : `${name}=${encode(value)}`))
    .join("&");
  const encoded = path.split("/").map(encode).join("/");
  return `/${encoded}${parameters === "" ? "" : `?${parameters}`}`;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/gu,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

export function keyPairOf(world: World, id: string): KeyPair & { readonly token?: string } {
  const holders = world.accounts.flatMap((account) => [account, ...(account.subusers ?? [])]);
  const keys = holders.flatMap(({ keys = [] }) => keys);
  const key = keys.find(({ accessKey }) => accessKey === id);
  if (key !== undefined) return key;
  const begun = world.sessions.find(({ accessKey }) => accessKey === id);
  if (begun === undefined) throw new Error(`Nobody has the key ${id}`);
  const { of, policy, tags = {} } = begun;
  const parent = "parent" in of && keys.find(({ accessKey }) => accessKey === of.parent);
  const session = sessionOf(begun.issuedMs, {
    accessKeyId: id,
    account: begun.account,
    holder: parent
      ? userHolder(parent.accessKey, parent.secretKey)
      : { kind: "role", role: "role" in of ? of.role : "", session: "role" in of ? of.name : "" },
    expiresMs: begun.expiresMs,
    tags: new Map(Object.entries(tags)),
    transitiveTags: begun.transitive ?? [],
    policy: policy === undefined ? undefined : JSON.stringify(world.files[policy]),
    sourceIdentity: begun.sourceIdentity,
    federated: begun.federated,
  });
  return { accessKey: id, secretKey: session.secret, token: tokenOf(session) };
}
