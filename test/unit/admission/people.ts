import aws4 from "aws4";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";
import type { RequestHead } from "../../../src/http/head.ts";
import { parseTarget } from "../../../src/http/target.ts";
import { goodConfig } from "../../support/config.ts";
import { decided, word as plainWord, type Decided, type Told } from "../../support/decided.ts";
import { NOW } from "./world.ts";

type Attributes = {
  readonly tier?: string;
  /** Statements of an identity policy. */
  readonly policy?: readonly object[];
  readonly groups?: readonly string[];
  readonly privileges?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly networks?: object;
  /** Of an account: the tenant of its user at the store. */
  readonly tenant?: string;
};

/** A gateway by its people and buckets; whatever is not said is the default. */
export type People = {
  /** Of gateway.yaml; the last is added to `upstream`. */
  readonly policy?: object;
  readonly listen?: object;
  readonly store?: object;
  readonly accounts: Readonly<
    Record<string, Attributes & { readonly users?: Readonly<Record<string, Attributes>> }>
  >;
  readonly buckets?: Readonly<
    Record<
      string,
      { readonly account: string; readonly policy?: object; readonly shares?: object[] }
    >
  >;
};

/** The files of such a gateway. Every account's key at the store is `STORE-` and its name. */
export function filesOf(people: People): Record<string, string> {
  const { policy = {}, listen = {}, store = {}, accounts, buckets = {} } = people;
  const files: Record<string, string> = {};
  const holder = (name: string, { policy: own, ...more }: Attributes) => {
    if (own !== undefined) {
      files[`${name}.json`] = JSON.stringify(
        { Version: "2012-10-17", Statement: own },
        undefined,
        1,
      );
    }
    return {
      ...more,
      name: name.split(".").at(-1),
      keys: [{ accessKey: `AKID.${name}`, secretKey: `secret-${name}` }],
      policies: own === undefined ? [] : [`${name}.json`],
    };
  };
  const written = Object.entries(accounts).map(([name, { users = {}, ...own }]) => ({
    ...holder(name, own),
    upstream: { accessKey: `STORE-${name}`, secretKey: "of the store" },
    subusers: Object.entries(users).map(([user, more]) => holder(`${name}.${user}`, more)),
  }));
  const records = Object.entries(buckets).map(([name, { account, policy: own, shares = [] }]) => {
    if (own !== undefined) files[`bucket-${name}.json`] = JSON.stringify(own, undefined, 1);
    return {
      name,
      account,
      shares,
      ...(own === undefined ? {} : { policy: `bucket-${name}.json` }),
    };
  });
  const kept = records.length === 0 ? {} : { bucketPolicies: "gateway" };
  const gateway = {
    listen,
    upstream: { endpoints: ["http://store:7480"], store: "ceph", ...store },
    identities: [{ accounts: "accounts.yaml" }],
    policy: { ...kept, ...policy },
  };
  return {
    ...files,
    "gateway.yaml": JSON.stringify(gateway),
    "accounts.yaml": JSON.stringify({ accounts: written, buckets: records }),
  };
}

export function gatewayOf(people: People): Snapshot {
  return compileSnapshot(goodConfig(filesOf(people)), 1);
}

export type Sent = {
  readonly headers?: Readonly<Record<string, string>>;
  readonly from?: string;
  /** Whom it is sent to. */
  readonly host?: string;
  /** Signed with this instead of the key's own secret. */
  readonly secret?: string;
  /** Of a key that filesOf() did not make. */
  readonly accessKeyId?: string;
  /** Sent as a presigned URL with this lifetime. */
  readonly presignedSeconds?: number;
};

/**
 * What becomes of a request of `who` (`lab`, `lab:reader`; undefined: nobody's), signed by aws4, if
 * the decision is told what it asks for.
 */
export function decide(
  snapshot: Snapshot,
  who: string | undefined,
  line: string,
  sent: Sent = {},
  told: Told = {},
): Decided {
  return decided(snapshot, headOf(who, line, sent), NOW, told);
}

/** The head of such a request. */
export function headOf(
  who: string | undefined,
  line: string,
  { headers = {}, from = "192.0.2.1", host = "gateway.example.org", ...signing }: Sent = {},
): RequestHead {
  const [method = "", path = ""] = line.split(" ");
  const plain = { ...headers, host };
  const sent =
    who === undefined
      ? { path, headers: plain }
      : signed(method, path, who.replace(":", "."), plain, signing);
  const target = parseTarget(sent.path);
  if (!target.ok) throw new Error(target.error);
  return {
    method,
    target: target.value,
    headers: Object.entries(sent.headers).flatMap(([name, value]) => [name.toLowerCase(), value]),
    sourceAddress: from,
    secure: false,
  };
}

function signed(
  method: string,
  path: string,
  name: string,
  headers: Readonly<Record<string, string>>,
  { secret = `secret-${name}`, accessKeyId = `AKID.${name}`, presignedSeconds }: Sent,
): { readonly path: string; readonly headers: Readonly<Record<string, string>> } {
  const stamp = new Date(NOW).toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
  const request = { service: "s3", region: "us-east-1", method };
  const credential = { accessKeyId, secretAccessKey: secret };
  if (presignedSeconds !== undefined) {
    const query = `X-Amz-Expires=${presignedSeconds}&X-Amz-Date=${stamp}`;
    const dated = `${path}${path.includes("?") ? "&" : "?"}${query}`;
    const url = aws4.sign({ ...request, path: dated, headers, signQuery: true }, credential);
    return { path: url.path ?? dated, headers };
  }
  const dated = { ...headers, "X-Amz-Date": stamp };
  const made = aws4.sign({ ...request, path, headers: dated }, credential).headers ?? {};
  const texts = Object.entries(made).map(([key, value]) => [key, String(value)]);
  return { path, headers: Object.fromEntries(texts) };
}

/** In a word: the gate that refused, else as the general word() has it. */
export function word(decision: Decided): string {
  const gate = decision.kind === "refuse" ? decision.facts.denial?.gate : undefined;
  return gate ?? plainWord(decision);
}

/** As whom the store is asked: the access key id; undefined: unsigned, or not at all. */
export function signerOf(verdict: Decided): string | undefined {
  if (verdict.kind !== "forward") return undefined;
  const { headers } = verdict.request.head;
  const authorization = headers[headers.indexOf("authorization") + 1] ?? "";
  return /Credential=([^/]+)\//.exec(authorization)?.[1];
}
