/**
 * Tests that one bucket of the store has one name here. Whatever spelling of it a request uses, the
 * decision is that of its canonical name. It holds over two tenants, every provider, and accounts
 * from the configuration or from a Ceph.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import aws4 from "aws4";
import * as fc from "fast-check";
import type { BucketRecord } from "../../src/admission/record.ts";
import type { Key } from "../../src/admission/principal.ts";
import type { Snapshot } from "../../src/admission/snapshot.ts";
import { compileSnapshot, recordReader } from "../../src/config/compile.ts";
import { compileForeign } from "../../src/config/foreign.ts";
import type { RequestHead } from "../../src/http/head.ts";
import { parseTarget } from "../../src/http/target.ts";
import { goodConfig } from "../support/config.ts";
import { decided, type Decided } from "../support/decided.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const PROVIDERS = ["aws", "lumi-o", "atman", "qumulo", "coscine", "nutanix"] as const;
const TENANTED = new Set<string>(["aws", "lumi-o"]);

/** The secret of every key. */
const SECRET = "secret-of-everybody";

/** The callers, and the tenant of their user at the store. The Ceph user T$T is called `T` here. */
const CALLERS = [
  { key: "AKIDALICE", tenant: "" },
  { key: "AKIDALICEREADER", tenant: "" },
  { key: "AKIDNAMED", tenant: "N" },
  { key: "AKIDCEPHT", tenant: "T" },
  { key: "AKIDCEPHTREADER", tenant: "T" },
  { key: "AKIDCEPHBOB", tenant: "" },
] as const;

const HOMES = ["", "T", "N"] as const;
const NAMES = ["vault", "shared-data"] as const;

type World = {
  readonly snapshot: Snapshot;
  readonly keys: ReadonlyMap<string, Key | undefined>;
  readonly records: ReadonlyMap<string, BucketRecord | undefined>;
};

const WORLDS = new Map(PROVIDERS.map((provider) => [provider, worldOf(provider)]));

/**
 * The same providers behind a store without tenants, where only the gateway tells tenants apart.
 */
const UNTENANTED = new Map(PROVIDERS.map((provider) => [provider, worldOf(provider, "minio")]));

function worldOf(provider: string, store = "ceph", denied: readonly object[] = []): World {
  const identity = {
    Version: "2012-10-17",
    Statement: [
      ...denied.map((what) => ({ Effect: "Deny", ...what })),
      { Effect: "Allow", Action: "s3:*", Resource: "*" },
      { Effect: "Deny", Action: "s3:*", Resource: "arn:aws:s3:::vault/secret/*" },
      ...(TENANTED.has(provider)
        ? [{ Effect: "Deny", Action: "s3:PutObject", Resource: "arn:aws:s3:::T:vault/*" }]
        : []),
      ...(provider === "aws"
        ? [
            {
              Effect: "Deny",
              Action: "s3:PutObject",
              Resource: "*",
              Condition: { StringLike: { "s3:x-amz-copy-source": "vault/secret/*" } },
            },
          ]
        : []),
    ],
  };
  // The other dialects have their own words, and no tenants in their names.
  const policies = TENANTED.has(provider) ? "policies: [deny.json]" : "policies: []";
  const reader = TENANTED.has(provider)
    ? policies
    : `tier: ${provider === "coscine" ? "coscine-user" : "READ"}`;
  const config = goodConfig({
    "gateway.yaml": `upstream: { endpoints: ["http://store:7480"], store: ${store} }
listen: { domains: [s3.example.org] }
identities:
  - accounts: accounts.yaml
  - ceph: { endpoint: "http://store:7480", accessKey: GW, secretKey: of-the-gateway }
policy: { provider: ${provider}, bucketPolicies: gateway }
state: { directory: /nowhere }
`,
    "deny.json": JSON.stringify(identity),
    "accounts.yaml": `accounts:
  - name: alice
    tenant: ""
    upstream: { accessKey: STOREALICE, secretKey: x }
    keys: [{ accessKey: AKIDALICE, secretKey: ${SECRET} }]
    subusers:
      - name: reader
        ${reader}
        keys: [{ accessKey: AKIDALICEREADER, secretKey: ${SECRET} }]
  - name: named
    tenant: N
    upstream: { accessKey: STORENAMED, secretKey: x }
    ${policies}
    keys: [{ accessKey: AKIDNAMED, secretKey: ${SECRET} }]
  - name: T
    upstream: { accessKey: STORET, secretKey: x }
    tenant: T
    ${policies}
`,
  });
  const cephKey = (accessKeyId: string, subuser: string | undefined) => ({
    accessKeyId,
    secret: SECRET,
    subuser,
    disabled: false,
  });
  const users = [
    {
      tenant: "T",
      name: "T",
      suspended: false,
      subusers: new Map([["reader", "read-write"]]),
      keys: [cephKey("AKIDCEPHT", undefined), cephKey("AKIDCEPHTREADER", "reader")],
    },
    {
      tenant: "",
      name: "bob",
      suspended: false,
      subusers: new Map(),
      keys: [cephKey("AKIDCEPHBOB", undefined)],
    },
  ];
  const keyOf = compileForeign(config);
  const keys = new Map(
    users.flatMap((user) =>
      user.keys.map(({ accessKeyId }) => [accessKeyId, keyOf(user, accessKeyId)] as const),
    ),
  );
  const compile = recordReader(config);
  const deny = (bucket: string, owner: string): BucketRecord => {
    const policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Deny",
          Principal: "*",
          Action: "s3:DeleteObject",
          Resource: `arn:aws:s3:::${bucket.split(":").at(-1)}/*`,
        },
      ],
    });
    const record = compile(bucket, { owner, policy: TENANTED.has(provider) ? policy : undefined });
    if (!record.ok) throw new Error(record.error);
    return record.value;
  };
  const records = new Map<string, BucketRecord | undefined>();
  for (const name of NAMES) {
    records.set(name, name === "vault" ? deny("vault", "alice") : undefined);
    records.set(`T:${name}`, name === "vault" ? deny("T:vault", "T") : undefined);
    records.set(`N:${name}`, undefined);
  }
  const snapshot = {
    ...compileSnapshot(config, 1),
    elsewhere: { keys: true, records: true },
  };
  return { snapshot, keys, records };
}

/** Returns every spelling by which a caller of `tenant` reaches the bucket `name` of `home`. */
function spellings(tenant: string, home: string, name: string): readonly string[] {
  const full = [`${home}:${name}`, `${home}%3A${name}`, `${home}%3a${name}`];
  return tenant === home ? [name, ...full] : full;
}

const OPERATIONS = [
  { method: "GET", rest: "/secret/x" },
  { method: "GET", rest: "/open/x" },
  { method: "PUT", rest: "/open/x" },
  { method: "DELETE", rest: "/open/x" },
  { method: "GET", rest: "?list-type=2" },
  { method: "GET", rest: "?policy" },
  { method: "DELETE", rest: "?policy" },
  { method: "DELETE", rest: "" },
  { method: "PUT", rest: "/open/copy", copies: "/secret/x" },
] as const;

const caller = fc.constantFrom(...CALLERS);
const sent = fc.record({
  caller,
  provider: fc.constantFrom(...PROVIDERS),
  home: fc.constantFrom(...HOMES),
  name: fc.constantFrom(...NAMES),
  operation: fc.constantFrom(...OPERATIONS),
  choice: fc.nat(100),
  sourceChoice: fc.nat(100),
});

type Sent = typeof sent extends fc.Arbitrary<infer T> ? T : never;

type Asked = Pick<Sent, "caller"> & {
  readonly operation: { readonly method: string; readonly rest: string; readonly copies?: string };
};

function head({ caller: { key }, operation }: Asked, bucket: string, source: string): RequestHead {
  const target = `/${bucket}${operation.rest}`;
  const host = "gateway.example.org";
  const signed = aws4.sign(
    {
      service: "s3",
      region: "us-east-1",
      method: operation.method,
      // aws4 signs the path as SigV4 has it: with the colon encoded, in capitals.
      path: target.replace(/^\/([^/?]*)/, (segment) => segment.replace(/:|%3a/, "%3A")),
      headers: {
        host,
        "X-Amz-Date": "20261122T120000Z",
        ...(operation.copies !== undefined
          ? { "x-amz-copy-source": `${source}${operation.copies}` }
          : {}),
      },
    },
    { accessKeyId: key, secretAccessKey: SECRET },
  );
  const parsed = parseTarget(target);
  if (!parsed.ok) throw new Error(parsed.error);
  return {
    method: operation.method,
    target: parsed.value,
    headers: Object.entries(signed.headers ?? {}).flatMap(([name, value]) => [
      name.toLowerCase(),
      String(value),
    ]),
    sourceAddress: "192.0.2.1",
    secure: false,
  };
}

/** Returns the part of a decision that must not depend on the spelling. */
function essence(decision: Decided, tenant: string): unknown {
  if (decision.kind === "asking") return { kind: decision.need.kind };
  if (decision.kind === "refuse") {
    return { refused: decision.fault.code, gate: decision.facts.denial?.gate };
  }
  if (decision.kind !== "forward") return { kind: decision.kind };
  const { request } = decision;
  const source = request.head.headers[request.head.headers.indexOf("x-amz-copy-source") + 1] ?? "";
  return {
    target: canonical(request.head.target, tenant),
    source: canonical(`/${source}`, tenant),
    signer: /Credential=([^/]+)/.exec(request.head.headers.join(" "))?.[1],
  };
}

/** Returns the store's own reading: a bare name is a bucket of the signer's tenant. */
function canonical(target: string, tenant: string): string {
  return target.replace(/^\/(?:([^/?]*)%3A)?/, (_, named: string | undefined) => {
    return `/${named ?? tenant}:`;
  });
}

test("every spelling of a bucket gets the decision of its canonical name", () => {
  fc.assert(
    fc.property(sent, (one) => {
      const world = WORLDS.get(one.provider);
      if (world === undefined) throw new Error("A provider has a world");
      const { tenant } = one.caller;
      const all = spellings(tenant, one.home, one.name);
      const spelled = all[one.choice % all.length] ?? "";
      const source = all[one.sourceChoice % all.length] ?? "";
      const full = `${one.home}%3A${one.name}`;
      // A provider without tenants in addresses knows the bare name alone.
      const names = "copies" in one.operation ? [spelled, source] : [spelled];
      if (!TENANTED.has(one.provider) && names.some((name) => name !== one.name)) {
        const refused = decided(world.snapshot, head(one, spelled, source), NOW, world);
        assert.equal(refused.kind === "refuse" && refused.fault.code, "InvalidBucketName");
        return;
      }
      const reference = TENANTED.has(one.provider) ? full : one.name;
      const wanted = decided(world.snapshot, head(one, reference, reference), NOW, world);
      const got = decided(world.snapshot, head(one, spelled, source), NOW, world);
      const signerTenant = signerOf(wanted, tenant);
      assert.deepEqual(essence(got, signerTenant), essence(wanted, signerTenant));
    }),
    { numRuns: 3000 },
  );
});

test("without tenants at the store every spelling is the bare name, or is refused", () => {
  fc.assert(
    fc.property(sent, (one) => {
      const world = UNTENANTED.get(one.provider);
      if (world === undefined) throw new Error("A provider has a world");
      const { tenant } = one.caller;
      const all = spellings(tenant, one.home, one.name);
      const spelled = all[one.choice % all.length] ?? "";
      const source = all[one.sourceChoice % all.length] ?? "";
      const got = decided(world.snapshot, head(one, spelled, source), NOW, world);
      if (got.kind === "refuse") return;
      const wanted = decided(world.snapshot, head(one, one.name, one.name), NOW, world);
      assert.deepEqual(essence(got, ""), essence(wanted, ""));
    }),
    { numRuns: 3000 },
  );
});

function signerOf(decision: Decided, tenant: string): string {
  if (decision.kind !== "forward") return tenant;
  const id = /Credential=([^/]+)/.exec(decision.request.head.headers.join(" "))?.[1];
  return id === "STOREALICE" ? "" : id === "STORET" ? "T" : tenant;
}

test("a denied bucket is denied by each of its names", () => {
  const world = WORLDS.get("aws");
  if (world === undefined) throw new Error("There is a world of aws");
  const refusals = (
    key: string,
    spelled: readonly string[],
    operation: (typeof OPERATIONS)[number],
  ) =>
    spelled.map((bucket) => {
      const found = CALLERS.find((candidate) => candidate.key === key);
      if (found === undefined) throw new Error(key);
      const one = { caller: found, operation };
      const decision = decided(world.snapshot, head(one, bucket, bucket), NOW, world);
      return decision.kind === "refuse" ? decision.facts.denial?.gate : decision.kind;
    });
  const [, , put, remove] = OPERATIONS;
  const own = spellings("T", "T", "vault");
  // Refused by the bucket's policy, and by an identity policy that names the bucket with its
  // tenant.
  assert.deepEqual(new Set(refusals("AKIDCEPHT", own, remove)), new Set(["explicit-deny"]));
  assert.deepEqual(new Set(refusals("AKIDCEPHT", own, put)), new Set(["explicit-deny"]));
  assert.deepEqual(
    new Set(refusals("AKIDALICEREADER", spellings("", "", "vault"), remove)),
    new Set(["explicit-deny"]),
  );
});

/** Draws a pattern that matches `text`: some of its letters are a `?` or a `*`. */
function masked(text: string): fc.Arbitrary<string> {
  const letters = text.split("").map((letter) => fc.constantFrom(letter, letter, letter, "?", "*"));
  return fc.tuple(...letters).map((parts) => parts.join("").replaceAll(/\*+/g, "*"));
}

/** Denials by an identity policy: a pattern that matches a name of the requested resource. */
const denial = fc
  .record({
    caller: fc.constantFrom(...CALLERS.filter(({ key }) => !/^(AKIDALICE|AKIDCEPHBOB)$/.test(key))),
    home: fc.constantFrom(...HOMES),
    name: fc.constantFrom(...NAMES),
    choice: fc.nat(100),
    isFull: fc.boolean(),
    bySource: fc.boolean(),
  })
  .chain((one) => {
    const bucket = one.isFull ? `${one.home}:${one.name}` : one.name;
    return fc.record({ one: fc.constant(one), pattern: masked(`${bucket}/open/x`) });
  });

test("a Deny that matches any name of a bucket holds, whoever asks and whatever the spelling", () => {
  fc.assert(
    fc.property(denial, ({ one, pattern }) => {
      const { caller: asker, home, name, choice, bySource } = one;
      const about = bySource
        ? { Resource: "*", Condition: { StringLike: { "s3:x-amz-copy-source": pattern } } }
        : { Resource: `arn:aws:s3:::${pattern}` };
      const world = worldOf("aws", "ceph", [{ Action: "s3:PutObject", ...about }]);
      const all = spellings(asker.tenant, home, name);
      const spelled = all[choice % all.length] ?? "";
      const source = { method: "PUT", rest: "/open/copy", copies: "/open/x" } as const;
      const asked = bySource
        ? head({ caller: asker, operation: source }, "shared-data", spelled)
        : head({ caller: asker, operation: { method: "PUT", rest: "/open/x" } }, spelled, spelled);
      const decision = decided(world.snapshot, asked, NOW, world);
      assert.equal(decision.kind === "refuse" && decision.facts.denial?.gate, "explicit-deny");
    }),
    { numRuns: 400 },
  );
});

test("a caller who is denied all of a bucket by a wildcard for its tenant has no DeleteObjects read", () => {
  const resources = { Resource: ["arn:aws:s3:::T?vault", "arn:aws:s3:::T?vault/*"] };
  const world = worldOf("aws", "ceph", [{ Action: "s3:*", ...resources }]);
  const owner = CALLERS.find(({ key }) => key === "AKIDCEPHT");
  if (owner === undefined) throw new Error("The tenant has a user");
  const operation = { method: "POST", rest: "?delete" };
  for (const [name, expected] of [
    ["vault", "refuse"],
    ["shared-data", "asking"],
  ] as const) {
    for (const spelled of spellings("T", "T", name)) {
      const decision = decided(
        world.snapshot,
        head({ caller: owner, operation }, spelled, ""),
        NOW,
        world,
      );
      assert.equal(decision.kind, expected, spelled);
    }
  }
});
