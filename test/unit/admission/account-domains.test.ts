/**
 * Hosts that name an account, and what a tenant's prefix becomes at each kind of store; with the
 * projects of LUMI-O's document ("Sharing data with other projects").
 */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, test } from "node:test";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { firstValue } from "../../../src/http/headers.ts";
import { problemsOf } from "../../support/config.ts";
import { decided, type Decided } from "../../support/decided.ts";
import {
  decide,
  filesOf,
  gatewayOf,
  headOf,
  signerOf,
  word,
  type People,
  type Sent,
} from "./people.ts";
import { NOW } from "./world.ts";

const allow = (who: object | string, Action: string, bucket: string, keys: string): object => ({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: who, Action, Resource: `arn:aws:s3:::${bucket}/${keys}` },
  ],
});
const PROJECT_2 = { AWS: "arn:aws:iam::465000002:user/465000002" };

/** Project 465000001 shows everybody what begins with `open`, and 465000002 its copies. */
const PEOPLE: People = {
  policy: { provider: "lumi-o", signatures: ["v4", "v2"], anonymous: "policy" },
  listen: { domains: ["s3.example.org"], accountDomains: ["*.public.example.org"] },
  accounts: { "465000001": {}, "465000002": {}, "465000003": {} },
  buckets: {
    "465000001:bucket": {
      account: "465000001",
      policy: allow("*", "s3:GetObject", "bucket", "open*"),
    },
    "465000001:copies": {
      account: "465000001",
      policy: allow(PROJECT_2, "s3:*Object*", "copies", "*"),
    },
    "465000002:bucket": { account: "465000002" },
  },
};
const AT = { host: "465000001.public.example.org" };
const AT_2 = { host: "465000002.public.example.org" };
const AT_S3 = { host: "s3.example.org" };

/** What the store is asked for, and by whom; or why it is not. */
function sent(verdict: Decided): string {
  if (verdict.kind !== "forward") return word(verdict);
  const { target, headers } = verdict.request.head;
  const source = firstValue(headers, "x-amz-copy-source");
  const from = source === undefined ? "" : ` from ${source}`;
  return `${target}${from} as ${signerOf(verdict)?.replace("STORE-", "") ?? "nobody"}`;
}

type Row = readonly [who: string | undefined, line: string, how: Sent, expected: string];
function check(gateway: Snapshot, rows: readonly Row[]): void {
  for (const [who, line, how, expected] of rows) {
    const name = `${who ?? "nobody"}: ${line} at ${how.host ?? "another host"}`;
    test(`${name}: ${expected}`, () => {
      assert.equal(sent(decide(gateway, who, line, how)), expected);
    });
  }
}

describe("an account's own host", () => {
  const gateway = gatewayOf(PEOPLE);
  const open = "/465000001%3Abucket/open as 465000001";
  const closed = "/465000001%3Abucket/closed";
  describe("without credentials, a bucket is the account's", () => {
    check(gateway, [
      [undefined, "GET /bucket/open", AT, open],
      [undefined, "GET /bucket/open", { host: "465000001.PUBLIC.example.org:8443" }, open],
      [undefined, "HEAD /bucket/open", AT, open],
      [undefined, "GET /bucket/closed", AT, "allow"],
      [undefined, "GET /bucket?list-type=2", AT, "allow"],
      [undefined, "PUT /bucket/open", AT, "allow"],
      [undefined, "GET /copies/open", AT, "allow"],
      [undefined, "GET /bucket/open", AT_2, "allow"],
      [undefined, "GET /", AT, "allow"],
      [
        undefined,
        "GET /bucket/open",
        { host: "a.465000001.public.example.org" },
        "InvalidBucketName",
      ],
    ]);
  });
  describe("for public objects, the two URLs are equivalent", () => {
    check(gateway, [
      [undefined, "GET /465000001:bucket/open", {}, open],
      [undefined, "GET /465000001:bucket/open", AT, open],
      [undefined, "GET /465000001%3Abucket/open", AT_2, open],
      [undefined, "GET /465000001:bucket/open", AT_S3, open],
      [undefined, "GET /465000001:bucket/closed", AT_2, "allow"],
      [undefined, "GET /bucket/open", {}, "allow"],
      [undefined, "GET /bucket/open", AT_S3, "allow"],
    ]);
  });
  describe("while authenticated, it fetches the bucket from one's own project", () => {
    check(gateway, [
      ["465000002", "GET /bucket/closed", AT, "/bucket/closed as 465000002"],
      ["465000001", "GET /bucket/closed", AT_2, "/bucket/closed as 465000001"],
      ["465000002", "GET /465000001:bucket/open", AT, open],
      // What no policy decides is asked of the store, as the caller, for its ACLs.
      ["465000002", "GET /465000001:bucket/closed", AT, `${closed} as 465000002`],
      ["465000002", "DELETE /bucket", AT, "/bucket as 465000002"],
      ["465000002", "GET /", AT, "/ as 465000002"],
    ]);
  });
  describe("a presigned URL works as signed", () => {
    const presignedSeconds = 60;
    check(gateway, [
      ["465000002", "GET /bucket/k", { ...AT, presignedSeconds }, "/bucket/k as 465000002"],
      ["465000002", "PUT /bucket/k", { ...AT, presignedSeconds }, "/bucket/k as 465000002"],
      ["465000002", "GET /465000001:bucket/open", { ...AT, presignedSeconds }, open],
      [
        "465000002",
        "GET /465000001:bucket/closed",
        { ...AT, presignedSeconds },
        `${closed} as 465000002`,
      ],
    ]);
    test("and not at another host than it was signed for", () => {
      const head = headOf("465000001", "GET /bucket/k", { ...AT_2, presignedSeconds });
      const headers = head.headers.map((text) => (text === AT_2.host ? AT.host : text));
      assert.equal(word(decided(gateway, { ...head, headers }, NOW)), "authentication");
    });
    test("of version 2, too", () => {
      const expires = NOW / 1000 + 60;
      const signature = (path: string): string =>
        createHmac("sha1", "secret-465000002")
          .update(`GET\n\n\n${expires}\n${path}`)
          .digest("base64");
      const url = (path: string): string =>
        `GET ${path}?AWSAccessKeyId=AKID.465000002&Expires=${expires}&Signature=${encodeURIComponent(signature(path))}`;
      const at = (path: string): string => sent(decide(gateway, undefined, url(path), AT));
      assert.equal(at("/bucket/k"), "/bucket/k as 465000002");
      assert.equal(at("/465000001:bucket/open"), open);
      assert.equal(at("/465000001:bucket/closed"), `${closed} as 465000002`);
    });
  });
  describe("credentials that do not hold are refused, also for what everybody may read", () => {
    const old = { date: "Sat, 22 Nov 2025 12:00:00 GMT" };
    check(gateway, [
      ["465000002", "GET /bucket/open", { ...AT, secret: "wrong" }, "authentication"],
      ["465000009", "GET /bucket/open", AT, "authentication"],
      ["465000001", "GET /bucket/open", { ...AT, secret: "wrong" }, "authentication"],
      [
        "465000002",
        "GET /bucket/open",
        { ...AT, secret: "x", presignedSeconds: 9 },
        "authentication",
      ],
      ["465000002", "GET /465000001:bucket/open", { secret: "wrong" }, "authentication"],
      [
        undefined,
        "GET /bucket/open",
        { ...AT, headers: { authorization: "AWS " } },
        "authentication",
      ],
      [
        undefined,
        "GET /bucket/open",
        { ...AT, headers: { authorization: "Basic eDp5" } },
        "authentication",
      ],
      [
        undefined,
        "GET /bucket/open",
        { ...AT, headers: { ...old, authorization: "AWS AKID.465000002:c2ln" } },
        "authentication",
      ],
      [undefined, "GET /bucket/open?X-Amz-Signature=00", AT, "authentication"],
      [undefined, "GET /bucket/open?AWSAccessKeyId=AKID.465000002", AT, "authentication"],
    ]);
  });
  describe("if the store judges anonymous requests, it is asked for the account's bucket", () => {
    const upstream = { ...PEOPLE, policy: { ...PEOPLE.policy, anonymous: "upstream" } };
    check(gatewayOf(upstream), [
      [undefined, "GET /unknown/k", AT, "/465000001%3Aunknown/k as nobody"],
      [undefined, "GET /bucket/open", AT, open],
      [undefined, "GET /unknown/k", {}, "/unknown/k as nobody"],
      ["465000002", "GET /unknown/k", AT, "/unknown/k as 465000002"],
    ]);
  });
  describe("no caller passes if anonymous requests are refused", () => {
    const deny = { ...PEOPLE, policy: { ...PEOPLE.policy, anonymous: "deny" } };
    check(gatewayOf(deny), [[undefined, "GET /bucket/open", AT, "authentication"]]);
  });
});

describe("a browser's form on an account's host", () => {
  const people: People = {
    ...PEOPLE,
    buckets: {
      "465000001:bucket": {
        account: "465000001",
        policy: allow("*", "s3:PutObject", "bucket", "open*"),
      },
      "465000002:bucket": { account: "465000002" },
    },
  };
  const gateway = gatewayOf(people);
  const upload = (path: string, fields: Readonly<Record<string, string>>): string => {
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    const given = new Map(Object.entries({ key: "open", ...fields }));
    const form = { fields: given, fileBytesMax: 1 };
    const told = { form, fileBytes: 1 };
    return sent(decide(gateway, undefined, `POST ${path}`, { ...AT, headers }, told));
  };
  const policyFor = (bucket: string): string =>
    Buffer.from(
      JSON.stringify({
        expiration: "2026-11-22T13:00:00Z",
        conditions: [{ bucket }, ["starts-with", "$key", ""]],
      }),
    ).toString("base64");
  const signed = (
    secret: string,
    policy = policyFor("bucket"),
  ): Readonly<Record<string, string>> => ({
    policy,
    AWSAccessKeyId: "AKID.465000002",
    signature: createHmac("sha1", secret).update(policy).digest("base64"),
  });
  const lower = (fields: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));

  test("without a signature is for the account", () => {
    assert.equal(upload("/bucket", {}), "/465000001%3Abucket/open as 465000001");
    assert.equal(upload("/bucket", { key: "closed" }), "allow");
    assert.equal(upload("/465000002:bucket", {}), "allow");
  });
  test("with one is for the signer's own", () => {
    assert.equal(upload("/bucket", lower(signed("secret-465000002"))), "/bucket/open as 465000002");
    assert.equal(upload("/bucket", lower(signed("wrong"))), "authentication");
  });
  test("with one for a bare name is good for nobody else's bucket of that name", () => {
    const own = lower(signed("secret-465000002"));
    const named = lower(signed("secret-465000002", policyFor("465000001:bucket")));
    const there = "/465000001%3Abucket/open as 465000001";
    assert.equal(upload("/465000001:bucket", own), "AccessDenied");
    assert.equal(upload("/465000001:bucket", named), there);
    assert.equal(upload("/465000001%3Abucket", { ...named, bucket: "465000001:bucket" }), there);
    assert.equal(upload("/465000002:bucket", own), "/465000002%3Abucket/open as 465000002");
    assert.equal(upload("/bucket", named), "AccessDenied");
  });
});

describe("a tenant's prefix", () => {
  const copy = (source: string): Sent => ({
    headers: {
      "x-amz-copy-source": source,
      "x-amz-tagging-directive": "REPLACE",
      "x-amz-metadata-directive": "COPY",
    },
  });
  describe("stays, where the store has tenants", () => {
    check(gatewayOf({ ...PEOPLE, store: { store: "ceph" } }), [
      ["465000001", "GET /465000001:bucket/k", {}, "/465000001%3Abucket/k as 465000001"],
      ["465000001", "GET /465000001:unknown/k", {}, "/465000001%3Aunknown/k as 465000001"],
      ["465000002", "GET /465000001:unknown/k", {}, "/465000001%3Aunknown/k as 465000002"],
      ["465000002", "GET /465000001:copies/k", {}, "/465000001%3Acopies/k as 465000001"],
      [
        "465000002",
        "PUT /465000001:copies/k",
        copy("465000001:copies/s"),
        "/465000001%3Acopies/k from 465000001%3Acopies/s as 465000001",
      ],
      ["465000002", "PUT /bucket/k", copy("bucket/s"), "/bucket/k from bucket/s as 465000002"],
    ]);
  });
  describe("is left out, where the store has none and the bucket is that account's", () => {
    const { "465000002:bucket": _, ...buckets } = PEOPLE.buckets ?? {};
    const people = { ...PEOPLE, buckets, store: { store: "minio" } };
    check(gatewayOf(people), [
      [undefined, "GET /bucket/open", AT, "/bucket/open as 465000001"],
      [undefined, "GET /465000001:bucket/open", {}, "/bucket/open as 465000001"],
      ["465000002", "GET /465000001:copies/k", {}, "/copies/k as 465000001"],
      ["465000002", "PUT /465000001:copies/k", {}, "/copies/k as 465000001"],
      // A bare name is the bucket that the store has by it.
      ["465000002", "GET /copies/k", {}, "/copies/k as 465000001"],
      ["465000001", "GET /465000001:copies/k", {}, "/copies/k as 465000001"],
      ["465000001", "GET /465000001:unknown/k", {}, "/unknown/k as 465000001"],
      ["465000002", "GET /465000001:unknown/k", {}, "NoSuchBucket"],
      ["465000002", "PUT /465000009:unknown/k", {}, "NoSuchBucket"],
      ["465000002", "PUT /465000009:bucket/k", {}, "allow"],
      ["465000001", "PUT /465000009:bucket/k", {}, "NoSuchBucket"],
      [
        "465000002",
        "PUT /465000001:copies/k",
        copy("465000001:copies/s"),
        "/copies/k from copies/s as 465000001",
      ],
      [
        "465000002",
        "PUT /465000001:copies/k",
        copy("/465000001%3Acopies/s"),
        "/copies/k from copies/s as 465000001",
      ],
      ["465000001", "PUT /new/k", copy("465000001:old/s"), "/new/k from old/s as 465000001"],
      ["465000001", "PUT /new/k", copy("465000009:old/s"), "NoSuchBucket"],
      ["465000002", "PUT /465000001:copies/k", copy("465000001:bucket/s"), "allow"],
      // One bucket of a name: the record is found by it, whoever means which.
      ["465000002", "GET /bucket/closed", {}, "allow"],
      ["465000002", "DELETE /bucket", {}, "allow"],
      ["465000002", "PUT /new/k", copy("bucket/closed"), "allow"],
      ["465000001", "GET /bucket/closed", {}, "/bucket/closed as 465000001"],
      [undefined, "GET /465000002:bucket/open", {}, "NoSuchBucket"],
    ]);
    check(gatewayOf({ ...people, policy: { ...PEOPLE.policy, anonymous: "upstream" } }), [
      [undefined, "GET /unknown/k", AT, "NoSuchBucket"],
      [undefined, "GET /465000001:bucket/closed", {}, "/bucket/closed as nobody"],
      [undefined, "GET /unknown/k", {}, "/unknown/k as nobody"],
    ]);
  });
  test("does not make two buckets of one name, where the store has no tenants", () => {
    const twice = (store: string): readonly string[] =>
      problemsOf(filesOf({ ...PEOPLE, store: { store } }));
    assert.deepEqual(twice("ceph"), []);
    assert.match(
      twice("minio").join(),
      /buckets\[2\]\.name: The bucket is listed twice: the store/,
    );
  });
  test("cannot be in front of a virtual host", () => {
    const store = { addressing: "virtual" };
    const gateway = gatewayOf({ ...PEOPLE, store });
    const asked = decide(gateway, "465000002", "GET /465000001:copies/k");
    assert.equal(sent(asked), "InvalidBucketName");
  });
});

describe("a record without its account's prefix", () => {
  const people = (provider: string, store: string, owner: string): People => ({
    policy: { provider, anonymous: "policy" },
    store: { store },
    accounts: { [owner]: { users: { user: { tier: "FULL" } } }, "465000002": {} },
    buckets: {
      bucket: {
        account: owner,
        policy: {
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Principal: "*",
              Action: "s3:GetObject",
              Resource: "arn:aws:s3:::bucket/*",
            },
            {
              Effect: "Deny",
              Principal: "*",
              Action: "s3:DeleteObject",
              Resource: "arn:aws:s3:::bucket/*",
            },
          ],
        },
      },
    },
  });
  describe("is of its account's tenant, where names are each tenant's own", () => {
    check(gatewayOf(people("lumi-o", "ceph", "465000001")), [
      [undefined, "GET /465000001:bucket/k", {}, "/465000001%3Abucket/k as 465000001"],
      ["465000002", "GET /465000001:bucket/k", {}, "/465000001%3Abucket/k as 465000001"],
      ["465000001", "DELETE /bucket/k", {}, "explicit-deny"],
      ["465000001", "DELETE /465000001:bucket/k", {}, "explicit-deny"],
      [undefined, "GET /465000002:bucket/k", {}, "allow"],
      [undefined, "GET /:bucket/k", {}, "allow"],
      ["465000002", "GET /bucket/k", {}, "/bucket/k as 465000002"],
      ["465000002", "DELETE /465000002:bucket/k", {}, "/465000002%3Abucket/k as 465000002"],
    ]);
  });
  describe("is no tenant's to name, where it is not known whose tenant that is", () => {
    check(gatewayOf(people("aws", "ceph", "lab")), [
      [undefined, "GET /bucket/k", {}, "/bucket/k as lab"],
      [undefined, "GET /:bucket/k", {}, "/%3Abucket/k as lab"],
      ["lab:user", "DELETE /:bucket/k", {}, "explicit-deny"],
      [undefined, "GET /lab:bucket/k", {}, "InvalidBucketName"],
      ["465000002", "GET /other:bucket/k", {}, "InvalidBucketName"],
      ["lab:user", "DELETE /other:bucket/k", {}, "InvalidBucketName"],
    ]);
  });
  describe("is another bucket than a tenant's, where all tenants are known", () => {
    const known = people("aws", "ceph", "lab");
    const accounts = Object.fromEntries(
      Object.entries(known.accounts).map(([name, account]) => [name, { ...account, tenant: "" }]),
    );
    check(gatewayOf({ ...known, accounts }), [
      [undefined, "GET /bucket/k", {}, "/bucket/k as lab"],
      [undefined, "GET /:bucket/k", {}, "/%3Abucket/k as lab"],
      ["lab:user", "DELETE /:bucket/k", {}, "explicit-deny"],
      [undefined, "GET /lab:bucket/k", {}, "allow"],
      ["465000002", "GET /other:bucket/k", {}, "/other%3Abucket/k as 465000002"],
    ]);
  });
});
