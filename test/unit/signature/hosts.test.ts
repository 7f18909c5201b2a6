import assert from "node:assert/strict";
import { test } from "node:test";
import { signV4, presignV4, type Outgoing } from "../../support/signed.ts";
import { parseClaim } from "../../../src/signature/claim.ts";
import { KeyRing } from "../../../src/signature/key-ring.ts";
import { NOBODYS_SECRET } from "../../../src/signature/signature-faults.ts";
import { fittingHosts } from "../../../src/signature/v4-verify.ts";
import { EXAMPLE, headOf, judge, RULES } from "./heads.ts";

const NOW = "2013-05-24T00:00:00Z";
const SCOPE = { timestamp: "20130524T000000Z" };
const KEY = { accessKey: EXAMPLE.accessKeyId, secretKey: EXAMPLE.secret };

const request = (host: string, target: string): Outgoing => {
  return { method: "GET", target, headers: [["host", host]], body: Buffer.alloc(0) };
};

/** The head that arrives of `request`, under the host `arrived`. */
function headAs(arrived: string, { method, target, headers }: Outgoing) {
  const lines = headers.map(([name, value]) => `${name}: ${name === "host" ? arrived : value}`);
  return headOf(method, target, ...lines);
}

type More = {
  readonly now?: string;
  readonly secret?: string | undefined;
  readonly target?: string;
};

/** Which of `hosts` fit a request that was signed for `signed` and arrived under another. */
function fitting(signed: string, hosts: readonly string[], more: More = {}): readonly string[] {
  const { now = NOW, target = "/b/k" } = more;
  const head = headAs("gateway.internal", signV4(request(signed, target), KEY, SCOPE));
  const claim = parseClaim(head, RULES);
  assert.ok(claim.ok && claim.value.kind === "v4");
  const context = {
    nowMs: Date.parse(now),
    rules: RULES,
    ring: new KeyRing(8),
    hostBucket: undefined,
  };
  const secret = "secret" in more ? more.secret : EXAMPLE.secret;
  return fittingHosts(claim.value, head, hosts, secret, context);
}

const HOSTS = ["a.example.org", "s3.example.org", "z.example.org"];
const FITS = ["s3.example.org"];

test("fittingHosts() finds the host that was signed among others", () => {
  assert.deepEqual(fitting("s3.example.org", HOSTS), FITS);
  assert.deepEqual(fitting("other.example.org", HOSTS), []);
  assert.deepEqual(fitting("s3.example.org", []), []);
});

test("fittingHosts() finds the host whether its default port was signed or not", () => {
  for (const [signed, host] of [
    ["s3.example.org:80", "s3.example.org"],
    ["s3.example.org:443", "s3.example.org"],
    ["s3.example.org", "s3.example.org:80"],
    ["s3.example.org", "s3.example.org:443"],
    ["s3.example.org:8080", "s3.example.org:8080"],
  ] as const) {
    assert.deepEqual(fitting(signed, [host]), [host], signed);
  }
});

test("fittingHosts() takes no other port for the default one", () => {
  for (const [signed, host] of [
    ["s3.example.org:8080", "s3.example.org"],
    ["s3.example.org:8080", "s3.example.org:80"],
    ["s3.example.org", "s3.example.org:8080"],
    ["s3.example.org", "s3.example.org:8443"],
    ["s3.example.org:8080:80", "s3.example.org:8080:443"],
  ] as const) {
    assert.deepEqual(fitting(signed, [host]), [], `${signed} as ${host}`);
  }
});

test("fittingHosts() finds none for a request out of its time, or of nobody's key", () => {
  assert.deepEqual(fitting("s3.example.org", HOSTS, { now: "2013-05-24T00:15:01Z" }), []);
  assert.deepEqual(fitting("s3.example.org", HOSTS, { secret: "other" }), []);
  assert.deepEqual(fitting("s3.example.org", HOSTS, { secret: undefined }), []);
});

test("fittingHosts() finds none for what is signed with the stand-in of unknown keys' secret", () => {
  const signed = signV4(
    request("s3.example.org", "/b/k"),
    { ...KEY, secretKey: NOBODYS_SECRET },
    SCOPE,
  );
  const head = headAs("gateway.internal", signed);
  const claim = parseClaim(head, RULES);
  assert.ok(claim.ok && claim.value.kind === "v4");
  const context = {
    nowMs: Date.parse(NOW),
    rules: RULES,
    ring: new KeyRing(8),
    hostBucket: undefined,
  };
  assert.deepEqual(fittingHosts(claim.value, head, HOSTS, undefined, context), []);
});

test("fittingHosts() finds the host of a path that is sent raw and was signed encoded", () => {
  const encoded = headAs(
    "gateway.internal",
    signV4(request("s3.example.org", "/b/a%3Ab"), KEY, SCOPE),
  );
  const sent = headOf("GET", "/b/a:b", "x: y");
  const head = { ...encoded, target: sent.target };
  const claim = parseClaim(head, RULES);
  assert.ok(claim.ok && claim.value.kind === "v4");
  const context = {
    nowMs: Date.parse(NOW),
    rules: RULES,
    ring: new KeyRing(8),
    hostBucket: undefined,
  };
  assert.deepEqual(fittingHosts(claim.value, head, HOSTS, EXAMPLE.secret, context), FITS);
});

test("verifyClaim() judges a path that cannot be decoded as it was sent", () => {
  const outgoing = signV4(request("s3.example.org", "/b/%zz"), KEY, SCOPE);
  assert.ok(judge(headAs("s3.example.org", outgoing), NOW).ok);
  assert.ok(!judge(headAs("other.example.org", outgoing), NOW).ok);
});

test("verifyClaim() lets a URL with an expiry of 0 be good within its second", () => {
  const url = presignV4(request("s3.example.org", "/b/k"), KEY, { ...SCOPE, expires: "0" });
  const rules = { ...RULES, presignedExpiryMinMs: 0 };
  const head = headAs("s3.example.org", url);
  assert.ok(judge(head, NOW, { rules }).ok);
  assert.ok(judge(head, "2013-05-24T00:00:00.999Z", { rules }).ok);
  const late = judge(head, "2013-05-24T00:00:01Z", { rules });
  assert.equal(late.ok ? "proved" : late.error.code, "AccessDenied");
});
