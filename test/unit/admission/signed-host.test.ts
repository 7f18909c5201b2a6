import assert from "node:assert/strict";
import { test } from "node:test";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";
import { parseTarget } from "../../../src/http/target.ts";
import { goodConfig } from "../../support/config.ts";
import { decided, word, type Decided } from "../../support/decided.ts";
import {
  presignV2,
  presignV4,
  retargeted,
  signV2,
  signV4,
  type Header,
  type Outgoing,
} from "../../support/signed.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const SCOPE = { timestamp: "20261122T120000Z" };
const DATE = "Sun, 22 Nov 2026 12:00:00 GMT";
const LATER = String(NOW / 1000 + 60);
const PAIR = { accessKey: "AKIDLAB", secretKey: "secret-lab" };
const ARRIVED = "gateway.internal:8080";

const DENY = `{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Action":"*","Resource":"*"},
  {"Effect":"Deny","Action":"s3:*","Resource":["arn:aws:s3:::secret","arn:aws:s3:::secret/*"]}]}`;

function snapshotOf(policy: string): Snapshot {
  const gateway = `upstream: { endpoints: ["http://store:7480"], store: ceph }
identities: [{ accounts: accounts.yaml }]
listen: { domains: [s3.example.org, s3.internal] }
policy: { signatures: [v4, v2], ${policy} }
`;
  const accounts = `accounts:
  - name: lab
    upstream: { accessKey: STORE, secretKey: the-stores-secret }
    policies: [deny.json]
    keys: [{ accessKey: ${PAIR.accessKey}, secretKey: ${PAIR.secretKey} }]
`;
  const files = { "gateway.yaml": gateway, "accounts.yaml": accounts, "deny.json": DENY };
  return compileSnapshot(goodConfig(files), 1);
}

const SNAPSHOT = snapshotOf("");

/** How a request is made for `host`; what a version signs besides is its own affair. */
type Signer = (host: string, target: string) => Outgoing;

const request = (host: string, target: string): Outgoing => {
  return { method: "GET", target, headers: [["host", host]], body: Buffer.alloc(0) };
};
const header: Signer = (host, target) => signV4(request(host, target), PAIR, SCOPE);
const presigned: Signer = (host, target) => presignV4(request(host, target), PAIR, SCOPE);
/** Version 2 signs the bucket of the host in front of the path. */
const virtualV2 = (sign: Signer): Signer => {
  return (host, target) => {
    const bucket = `/${host.slice(0, host.indexOf("."))}`;
    return retargeted(sign(host, bucket + target), (whole) => whole.slice(bucket.length));
  };
};
const headerV2: Signer = (host, target) => signV2(request(host, target), PAIR, DATE);
const presignedV2: Signer = (host, target) => presignV2(request(host, target), PAIR, LATER);

/** `outgoing` as it arrives when a proxy in front has put `host` in place of what was signed. */
function arriving(
  outgoing: Outgoing,
  host: string,
  forwardedHosts?: readonly string[],
  snapshot = SNAPSHOT,
): Decided {
  const target = parseTarget(outgoing.target);
  if (!target.ok) throw new Error(target.error);
  const changed = outgoing.headers.map(([name, value]): Header => {
    return [name, name === "host" ? host : value];
  });
  const head = { method: outgoing.method, target: target.value, headers: changed.flat() };
  return decided(
    snapshot,
    { ...head, sourceAddress: "192.0.2.1", secure: false, forwardedHosts },
    NOW,
  );
}

/** What the store would be asked for, or the error code. */
function outcome(verdict: Decided): string {
  if (verdict.kind === "refuse") return verdict.fault.code;
  assert.equal(verdict.kind, "forward");
  return verdict.request.head.target;
}

const signers = [
  ["a header-signed request", header, header],
  ["a presigned URL", presigned, presigned],
  ["a request of version 2", headerV2, virtualV2(headerV2)],
  ["a URL of version 2", presignedV2, virtualV2(presignedV2)],
] as const;
for (const [name, sign, virtual] of signers) {
  test(`admit() proves ${name} for one of the gateway's names`, () => {
    assert.equal(outcome(arriving(sign("s3.example.org", "/photos/cat"), ARRIVED)), "/photos/cat");
  });

  test(`admit() reads the bucket of ${name} from the host that was signed`, () => {
    const signed = virtual("photos.s3.example.org", "/public/cat");
    const verdict = arriving(signed, ARRIVED, ["photos.s3.example.org"]);
    assert.equal(outcome(verdict), "/photos/public/cat");
    assert.deepEqual([verdict.facts.bucket, verdict.facts.key], ["photos", "public/cat"]);
  });

  test(`admit() judges the bucket of ${name} by the host that was signed`, () => {
    const signed = virtual("secret.s3.example.org", "/public/cat");
    const verdict = arriving(signed, ARRIVED, ["secret.s3.example.org"]);
    assert.equal(outcome(verdict), "AccessDenied");
    assert.equal(verdict.facts.bucket, "secret");
  });

  test(`admit() keeps the label of ${name} under the gateway's other names`, () => {
    const signed = virtual("photos.s3.example.org", "/cat");
    assert.equal(outcome(arriving(signed, "photos.s3.internal")), "/photos/cat");
  });

  test(`admit() believes no host that ${name} does not prove`, () => {
    const signed = virtual("photos.s3.example.org", "/public/cat");
    const others = ["public.s3.example.org", "secret.s3.example.org", "s3.example.org"];
    const verdict = arriving(signed, ARRIVED, others);
    assert.equal(outcome(verdict), "SignatureDoesNotMatch");
    assert.equal(verdict.facts.bucket, "public", "as it arrived");
  });
}

const unproved = [
  ["no trusted word on it", undefined],
  ["a list in one entry", ["photos.s3.example.org,photos.s3.internal"]],
  ["a line break", ["photos.s3.example.org\nx-amz-acl:public-read"]],
  ["another's name", ["photos.s3.example.net"]],
  ["nothing", [""]],
] as const;
for (const [name, hosts] of unproved) {
  test(`admit() does not prove a signed host with ${name}`, () => {
    const verdict = arriving(header("photos.s3.example.org", "/cat"), ARRIVED, hosts);
    assert.equal(outcome(verdict), "SignatureDoesNotMatch");
  });
}

test("admit() does not move a bucket's label into the path, nor back", () => {
  assert.equal(
    outcome(arriving(header("s3.example.org", "/cat"), "photos.s3.internal")),
    "SignatureDoesNotMatch",
  );
  assert.equal(
    outcome(arriving(header("photos.s3.example.org", "/photos/cat"), "s3.internal")),
    "SignatureDoesNotMatch",
  );
});

test("admit() quotes the host that arrived if none fits", () => {
  const verdict = arriving(header("elsewhere.example.net", "/photos/cat"), ARRIVED, ["a.example"]);
  assert.equal(outcome(verdict), "SignatureDoesNotMatch");
  assert.ok(verdict.kind === "refuse");
  const shown = new Map(verdict.fault.elements).get("CanonicalRequest") ?? "";
  assert.match(shown, /^host:gateway\.internal:8080$/m);
});

test("admit() tries eight hosts besides the one that arrived, and no more", () => {
  const hosts = Array.from({ length: 9 }, (_, n) => `photos${n}.s3.example.org`);
  const last = (n: number): string =>
    outcome(arriving(header(`photos${n}.s3.example.org`, "/cat"), ARRIVED, hosts));
  assert.equal(last(7), "/photos7/cat");
  assert.equal(last(8), "SignatureDoesNotMatch");
});

/** Version 2 signs no host, only the bucket in it: a host with another bucket is another reading. */
const readings = [
  ["of a key below the same name", "/photos/cat", "/photos/photos/cat"],
  ["of the bucket itself", "/", "/photos"],
  ["of a path that is no address without it", "/admin", "/photos/admin"],
] as const;
for (const [what, target, expected] of readings) {
  for (const [name, sign] of [
    ["a request", virtualV2(headerV2)],
    ["a URL", virtualV2(presignedV2)],
  ] as const) {
    test(`admit() finds the bucket in the host of ${name} of version 2 ${what}`, () => {
      const hosts = ["s3.example.org", "photos.s3.example.org"];
      const verdict = arriving(sign("photos.s3.example.org", target), ARRIVED, hosts);
      assert.equal(outcome(verdict), expected);
    });
  }
}

test("admit() tries hosts also for a key that nobody has, and says so", () => {
  const stranger = { accessKey: "AKIDNOBODY", secretKey: "secret" };
  for (const signed of [
    signV4(request("photos.s3.example.org", "/cat"), stranger, SCOPE),
    signV2(request("photos.s3.example.org", "/cat"), stranger, DATE),
  ]) {
    const verdict = arriving(signed, ARRIVED, ["photos.s3.example.org"]);
    assert.equal(outcome(verdict), "InvalidAccessKeyId");
  }
});

test("admit() takes no other host for a request that nobody signed", () => {
  const snapshot = snapshotOf("anonymous: upstream");
  const open = arriving(request("x", "/photos/cat"), ARRIVED, ["secret.s3.example.org"], snapshot);
  assert.equal(outcome(open), "/photos/cat");
  const reserved = arriving(request("x", "/admin"), ARRIVED, ["photos.s3.example.org"], snapshot);
  assert.equal(outcome(reserved), "InvalidBucketName");
});

test("admit() tries other hosts also where the first is no address at all", () => {
  const put = { ...request("photos.s3.example.org", "/"), method: "PUT" };
  const signed = signV4(put, PAIR, SCOPE);
  const verdict = arriving(signed, ARRIVED, ["photos.s3.example.org"]);
  assert.deepEqual([verdict.facts.operation, verdict.facts.bucket], ["CreateBucket", "photos"]);
});

test("admit() tries other hosts also for a provider that does not tell why it refuses", () => {
  const snapshot = snapshotOf("provider: lumi-o");
  const signed = header("s3.example.org", "/photos/cat");
  assert.equal(outcome(arriving(signed, ARRIVED, undefined, snapshot)), "/photos/cat");
  const wrong = header("elsewhere.example.net", "/photos/cat");
  assert.equal(outcome(arriving(wrong, ARRIVED, undefined, snapshot)), "AccessDenied");
});

test("admit() asks for a key that it does not know before it tries hosts", () => {
  const snapshot: Snapshot = {
    ...SNAPSHOT,
    keys: new Map(),
    elsewhere: { ...SNAPSHOT.elsewhere, keys: true },
  };
  const signed = header("photos.s3.example.org", "/");
  const hosts = ["photos.s3.example.org"];
  assert.equal(word(arriving(signed, ARRIVED, hosts, snapshot)), "key");
});
