import type { Section } from "../../support/in-process.ts";
import {
  presignV4,
  signV4,
  timestampOf,
  type Header,
  type KeyPair,
  type Outgoing,
  type V4Scope,
} from "../../support/signed.ts";

/** What a hostile client knows: where the gateway is, what time it is, and every key. */
export type Site = {
  /** `host:port`, as the Host header has it. */
  readonly host: string;
  readonly nowMs: number;
  readonly scope: V4Scope;
  /** Of uploads that may reach the store broken off, so that they are known from others. */
  readonly key: string;
};

export function siteAt(host: string, nowMs: number, key = "key"): Site {
  return { host, nowMs, scope: { timestamp: timestampOf(nowMs) }, key };
}

export const DOMAIN = "s3.test";
const SECRET = "aSecretThatMustNeverBeSeenAnywhere+";
const key = (name: string): KeyPair => ({ accessKey: name, secretKey: `${SECRET}/${name}` });

/** Every access key, by what is special about it. */
export const KEYS = {
  owner: key("AKIAOWNER"),
  reader: key("AKIAREADER"),
  writer: key("AKIAWRITER"),
  disabled: key("AKIADISABLED"),
  expired: key("AKIAEXPIRED"),
  early: key("AKIAEARLY"),
  session: key("ASIASESSION"),
  elsewhere: key("AKIAELSEWHERE"),
  fenced: key("AKIAFENCED"),
  exiled: key("AKIAEXILED"),
  blocked: key("AKIABLOCKED"),
  /** Nobody has it. */
  unknown: key("AKIAUNKNOWN"),
} as const satisfies Record<string, KeyPair>;

const SESSION_TOKEN = "theSessionTokenOfThatOneKey";
const UPSTREAM: KeyPair = key("AKIAUPSTREAM");

/** Texts that may stand in no audit line and no answer. */
export const SECRETS: readonly string[] = [SECRET, SESSION_TOKEN];

const ELSEWHERE = { allow: ["192.0.2.0/24"] };

export const ACCOUNTS: readonly Section[] = [
  {
    name: "lab",
    upstream: UPSTREAM,
    keys: [
      KEYS.owner,
      { ...KEYS.disabled, disabled: true },
      { ...KEYS.expired, expires: "2020-01-01T00:00:00Z" },
      { ...KEYS.early, notBefore: "2090-01-01T00:00:00Z" },
      { ...KEYS.session, sessionToken: SESSION_TOKEN },
      { ...KEYS.elsewhere, networks: ELSEWHERE },
    ],
    subusers: [
      { name: "reader", tier: "READ", keys: [KEYS.reader] },
      { name: "writer", tier: "WRITE", keys: [KEYS.writer] },
      { name: "exile", tier: "FULL", keys: [KEYS.exiled], networks: { deny: ["127.0.0.0/8"] } },
      { name: "blocked", tier: "FULL", keys: [KEYS.blocked], blockedActions: ["s3:PutObjectAcl"] },
    ],
  },
  {
    name: "fence",
    upstream: key("AKIAFENCEUPSTREAM"),
    keys: [KEYS.fenced],
    networks: ELSEWHERE,
    blockedActions: ["s3:DeleteBucket"],
  },
];

export const POLICY: Section = {
  signatures: ["v4", "v2"],
  blockedActions: ["s3:DeleteObjectVersion"],
  unsupported: ["s3:PutEncryptionConfiguration"],
};

/** Of the gateway that is asked for by `gateway: "strict"`. */
export const STRICT_POLICY: Section = {
  signatures: ["v4"],
  regions: ["eu-central-1"],
  presigned: { maxExpiry: "1h" },
  networks: { deny: ["203.0.113.0/24"] },
};

/** A request without a signature. */
export function plain(
  site: Site,
  method: string,
  target: string,
  options: { readonly headers?: readonly Header[]; readonly body?: string | Buffer } = {},
): Outgoing {
  const body = Buffer.from(options.body ?? "");
  const length: Header[] =
    options.body === undefined ? [] : [["content-length", String(body.length)]];
  return {
    method,
    target,
    headers: [["host", site.host], ...length, ...(options.headers ?? [])],
    body,
  };
}

/** A well-signed request of the owner, or of `options.key`. */
export function good(
  site: Site,
  method: string,
  target: string,
  options: {
    readonly headers?: readonly Header[];
    readonly body?: string | Buffer;
    readonly key?: KeyPair;
    readonly scope?: Partial<V4Scope>;
  } = {},
): Outgoing {
  const { key: pair = KEYS.owner, scope } = options;
  return signV4(plain(site, method, target, options), pair, { ...site.scope, ...scope });
}

/** A well-made presigned URL of the owner. */
export function presigned(
  site: Site,
  method: string,
  target: string,
  options: {
    readonly headers?: readonly Header[];
    readonly body?: string;
    readonly key?: KeyPair;
    readonly scope?: Partial<V4Scope>;
  } = {},
): Outgoing {
  const { key: pair = KEYS.owner, scope } = options;
  return presignV4(plain(site, method, target, options), pair, { ...site.scope, ...scope });
}
