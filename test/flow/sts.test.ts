import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as sts from "@aws-sdk/client-sts";
import { XMLParser } from "fast-xml-parser";
import {
  ISSUER_KEYS,
  ISSUER_URL,
  KEYS,
  OTHER_KEYS,
  OTHER_URL,
  tokensAt,
} from "../support/bad-tokens.ts";
import { metricOf, OWNER, READER, startFlow, until, type Flow } from "../support/flow.ts";
import { openDirectory } from "../../src/state/directory.ts";
import { addRevocation } from "../../src/state/revoked-record.ts";
import { userHolder, type Session } from "../../src/session/session.ts";
import type { Section } from "../support/in-process.ts";
import { scratchFolder } from "../support/scratch.ts";
import { sessionOf, tokenOf as tokenOfSession } from "../support/sessions.ts";
import { headerOf, rawExchange } from "../support/raw-client.ts";
import {
  bytesOf,
  edited,
  presignV4,
  signV2,
  without,
  type KeyPair,
  type Outgoing,
} from "../support/signed.ts";
import {
  accountsWith,
  call,
  formOf,
  send,
  sessionIn,
  signedCall,
  startSts,
  textIn,
  type Parameters,
} from "../support/sts.ts";
import { tokenOf } from "../support/tokens.ts";

const ROLE = "arn:aws:iam::lab:role/writer";
const WEB = "arn:aws:iam::lab:role/web";

const ROLES: readonly Section[] = [
  {
    name: "writer",
    tier: "READWRITE",
    trust: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::lab:user/reader" },
          Action: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
        },
        {
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::lab:root" },
          Action: "sts:AssumeRole",
          Condition: { StringEquals: { "sts:ExternalId": "the-agreed-one" } },
        },
      ],
    },
    maxSession: "2h",
  },
  { name: "web", tier: "READ", trust: { issuer: "keycloak", subject: "user-*" } },
  {
    name: "admins",
    tier: "FULL",
    trust: {
      Version: "2012-10-17",
      Statement: {
        Effect: "Allow",
        Principal: { Federated: "keycloak" },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          "ForAnyValue:StringEquals": { "keycloak:groups": "admins" },
          StringEquals: { "keycloak:namespace": "team-a", "keycloak:aud": "s3" },
        },
      },
    },
  },
];

const ISSUERS: readonly Section[] = [
  {
    name: "keycloak",
    url: ISSUER_URL,
    jwks: "keycloak.json",
    audiences: ["s3", "https://s3.example.org"],
    claims: { groups: "groups", namespace: "/kubernetes.io/namespace" },
    tags: { department: "department" },
  },
  { name: "other", url: OTHER_URL, jwks: "other.json", audiences: ["s3"] },
];

const FILES = {
  "keycloak.json": JSON.stringify({ keys: ISSUER_KEYS }),
  "other.json": JSON.stringify({ keys: OTHER_KEYS }),
};

const OPTIONS = { issuers: ISSUERS, files: FILES };

function clientOf(flow: Flow, key: KeyPair, region = "eu-north-1"): sts.STSClient {
  return new sts.STSClient({
    endpoint: `http://${flow.gateway.address}`,
    region,
    maxAttempts: 1,
    credentials: { accessKeyId: key.accessKey, secretAccessKey: key.secretKey },
  });
}

test("the AWS SDK learns who it is", async (t) => {
  const flow = await startSts(t, ROLES, OPTIONS);
  const owner = await clientOf(flow, OWNER).send(new sts.GetCallerIdentityCommand());
  assert.deepEqual(
    [owner.Arn, owner.UserId, owner.Account],
    ["arn:aws:iam::lab:root", "lab", "lab"],
  );
  const reader = await clientOf(flow, READER, "xx").send(new sts.GetCallerIdentityCommand());
  assert.deepEqual(
    [reader.Arn, reader.UserId, reader.Account],
    ["arn:aws:iam::lab:user/reader", "lab:reader", "lab"],
  );
  const records = await flow.gateway.records(2);
  const { operation, account, subuser, accessKeyId, outcome, decision } = records[1] ?? {};
  assert.deepEqual(
    { operation, account, subuser, accessKeyId, outcome, decision },
    {
      operation: "GetCallerIdentity",
      account: "lab",
      subuser: "reader",
      accessKeyId: READER.accessKey,
      outcome: "answered",
      decision: "allow",
    },
  );
});

test("the AWS SDK becomes a role, with all that it asked for in the session", async (t) => {
  const flow = await startSts(t, ROLES, OPTIONS);
  const before = Math.floor(Date.now() / 1000) * 1000;
  const assumed = await clientOf(flow, READER).send(
    new sts.AssumeRoleCommand({
      RoleArn: ROLE,
      RoleSessionName: "nightly@lab",
      DurationSeconds: 7200,
      Policy:
        '{ "Version": "2012-10-17",\n "Statement": { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a b/*" } }',
      Tags: [
        { Key: "Project", Value: "x y=é" },
        { Key: "cost", Value: "" },
      ],
      TransitiveTagKeys: ["Project"],
      SourceIdentity: "ada",
    }),
  );
  const { Credentials: credentials, AssumedRoleUser: user } = assumed;
  const session = sessionIn(credentials?.SessionToken ?? "");
  assert.ok(session !== undefined);
  const { accessKeyId, secret, issuedMs, expiresMs, ...said } = session;
  assert.deepEqual(said, {
    account: "lab",
    holder: { kind: "role", role: "writer", session: "nightly@lab" },
    tags: new Map([
      ["Project", "x y=é"],
      ["cost", ""],
    ]),
    transitiveTags: ["Project"],
    policy:
      '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a b/*"}}',
    sourceIdentity: "ada",
    federated: undefined,
  });
  assert.ok(issuedMs >= before && issuedMs <= Date.now());
  assert.equal(expiresMs, issuedMs + 7_200_000);
  assert.deepEqual(
    [credentials?.AccessKeyId, credentials?.SecretAccessKey, credentials?.Expiration?.getTime()],
    [accessKeyId, secret, expiresMs],
  );
  assert.equal(user?.Arn, "arn:aws:sts::lab:assumed-role/writer/nightly@lab");
  assert.equal(user?.AssumedRoleId, "writer:nightly@lab");
  assert.equal(assumed.SourceIdentity, "ada");
  assert.ok(assumed.PackedPolicySize !== undefined && assumed.PackedPolicySize <= 100);
});

test("the AWS SDK gets a session token of its own user", async (t) => {
  const flow = await startSts(t, ROLES, OPTIONS);
  const got = await clientOf(flow, READER).send(
    new sts.GetSessionTokenCommand({ DurationSeconds: 900 }),
  );
  const session = sessionIn(got.Credentials?.SessionToken ?? "");
  assert.deepEqual(session?.holder, userHolder(READER.accessKey, READER.secretKey));
  assert.equal((session?.expiresMs ?? 0) - (session?.issuedMs ?? 0), 900_000);
  const all = await clientOf(flow, OWNER).send(new sts.GetSessionTokenCommand());
  const whole = sessionIn(all.Credentials?.SessionToken ?? "");
  assert.deepEqual(whole?.holder, userHolder(OWNER.accessKey, OWNER.secretKey));
  assert.equal((whole?.expiresMs ?? 0) - (whole?.issuedMs ?? 0), 43_200_000);
});

function now(): number {
  return Math.floor(Date.now() / 1000);
}

test("the AWS SDK becomes a role by a token alone", async (t) => {
  const flow = await startSts(t, ROLES, OPTIONS);
  const client = new sts.STSClient({
    endpoint: `http://${flow.gateway.address}`,
    region: "us-east-1",
    credentials: { accessKeyId: "", secretAccessKey: "" },
  });
  const { claims } = tokensAt(now());
  for (const RoleArn of [WEB, "arn:aws:iam::lab:role/admins"]) {
    const tagged = RoleArn === WEB ? claims : { ...claims, department: undefined };
    const assumed = await client.send(
      new sts.AssumeRoleWithWebIdentityCommand({
        RoleArn,
        RoleSessionName: "pod-1",
        WebIdentityToken: tokenOf(KEYS.rs256, tagged),
      }),
    );
    assert.equal(assumed.SubjectFromWebIdentityToken, "user-17");
    assert.equal(assumed.Provider, ISSUER_URL);
    assert.equal(assumed.Audience, "s3");
    const session = sessionIn(assumed.Credentials?.SessionToken ?? "");
    assert.deepEqual(session?.federated, { issuer: "keycloak", subject: "user-17" });
    assert.deepEqual(session?.tags, new Map(RoleArn === WEB ? [["department", "p1"]] : []));
    assert.equal((session?.expiresMs ?? 0) - (session?.issuedMs ?? 0), 3_600_000);
  }
});

/** Calls that are refused: what is sent, the status and the code. */
type Refusal = readonly [name: string, body: string, status: number, code: string];

const signedRefusals: readonly Refusal[] = [
  ["without an action", "Version=2011-06-15", 400, "MissingAction"],
  ["without anything", "", 400, "MissingAction"],
  ["without a version", "Action=GetCallerIdentity", 400, "InvalidAction"],
  [
    "of another version",
    formOf("GetCallerIdentity", { Version: "2010-05-08" }),
    400,
    "InvalidAction",
  ],
  ["of an unknown action", formOf("AssumeRoot"), 400, "InvalidAction"],
  ["of an action of another service", formOf("ListUsers"), 400, "InvalidAction"],
  ["of AssumeRoleWithSAML", formOf("AssumeRoleWithSAML"), 400, "InvalidAction"],
  ["of GetFederationToken", formOf("GetFederationToken"), 400, "InvalidAction"],
  ["of GetAccessKeyInfo", formOf("GetAccessKeyInfo"), 400, "InvalidAction"],
  ["of an action in other letters", formOf("getcalleridentity"), 400, "InvalidAction"],
  ["of __proto__", formOf("__proto__"), 400, "InvalidAction"],
  ["of constructor", formOf("constructor"), 400, "InvalidAction"],
  [
    "with a parameter of another action",
    formOf("GetCallerIdentity", { RoleArn: ROLE }),
    400,
    "ValidationError",
  ],
  ["with an unknown parameter", formOf("GetCallerIdentity", { Foo: "1" }), 400, "ValidationError"],
  [
    "with an action twice",
    `${formOf("GetCallerIdentity")}&Action=GetSessionToken`,
    400,
    "ValidationError",
  ],
  ["with a percent sign alone", "Action=%", 400, "MalformedQueryString"],
  ["with bytes that are no UTF-8", "Action=%ff", 400, "MalformedQueryString"],
  ["with bytes that are not encoded", "Action=\u00e9", 400, "MalformedQueryString"],
  [
    "with an MFA device",
    formOf("GetSessionToken", { SerialNumber: "GAHT12345678" }),
    400,
    "ValidationError",
  ],
  [
    "of a session of 899 s",
    formOf("GetSessionToken", { DurationSeconds: "899" }),
    400,
    "ValidationError",
  ],
  [
    "of a session of 129601 s",
    formOf("GetSessionToken", { DurationSeconds: "129601" }),
    400,
    "ValidationError",
  ],
  [
    "of a session of 1e3 s",
    formOf("GetSessionToken", { DurationSeconds: "1e3" }),
    400,
    "ValidationError",
  ],
  [
    "of a session of -900 s",
    formOf("GetSessionToken", { DurationSeconds: "-900" }),
    400,
    "ValidationError",
  ],
  [
    "of a session of 900.5 s",
    formOf("GetSessionToken", { DurationSeconds: "900.5" }),
    400,
    "ValidationError",
  ],
  [
    "of a session of no time",
    formOf("GetSessionToken", { DurationSeconds: "" }),
    400,
    "ValidationError",
  ],
  ["without a role", formOf("AssumeRole", { RoleSessionName: "xx" }), 400, "ValidationError"],
  ["without a session name", formOf("AssumeRole", { RoleArn: ROLE }), 400, "ValidationError"],
  assume("with a session name of one letter", { RoleSessionName: "x" }, 400, "ValidationError"),
  assume(
    "with a session name of 65 letters",
    { RoleSessionName: "x".repeat(65) },
    400,
    "ValidationError",
  ),
  assume("with a slash in the session name", { RoleSessionName: "x/y" }, 400, "ValidationError"),
  assume(
    "with a line break in the session name",
    { RoleSessionName: "xx\n" },
    400,
    "ValidationError",
  ),
  assume(
    "with a NUL byte in the session name",
    { RoleSessionName: "xx\0" },
    400,
    "ValidationError",
  ),
  assume("of a role that is none", { RoleArn: "arn:aws:iam::lab:role/none" }, 403, "AccessDenied"),
  assume(
    "of a role of another account",
    { RoleArn: "arn:aws:iam::other:role/writer" },
    403,
    "AccessDenied",
  ),
  assume("of a role by its name alone", { RoleArn: "writer" }, 400, "ValidationError"),
  assume("of a role for tokens", { RoleArn: WEB }, 403, "AccessDenied"),
  assume("for longer than the role allows", { DurationSeconds: "7201" }, 400, "ValidationError"),
  assume("for longer than any role allows", { DurationSeconds: "43201" }, 400, "ValidationError"),
  assume(
    "with policies by ARN",
    { "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess" },
    400,
    "ValidationError",
  ),
  assume("with contexts", { "ProvidedContexts.member.1.ProviderArn": "x" }, 400, "ValidationError"),
  assume("with a token code", { TokenCode: "123456" }, 400, "ValidationError"),
  assume("with an empty policy", { Policy: "" }, 400, "ValidationError"),
  assume("with a policy that is no JSON", { Policy: "{" }, 400, "MalformedPolicyDocument"),
  assume("with a policy of no statement", { Policy: "{}" }, 400, "MalformedPolicyDocument"),
  assume(
    "with a policy of an unknown action",
    { Policy: policy("s3:Nothing") },
    400,
    "MalformedPolicyDocument",
  ),
  assume(
    "with a policy that names a principal",
    {
      Policy:
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}',
    },
    400,
    "MalformedPolicyDocument",
  ),
  assume(
    "with a policy with a name twice",
    { Policy: policy("s3:GetObject").replace('"Effect"', '"Effect":"Deny","Effect"') },
    400,
    "MalformedPolicyDocument",
  ),
  assume(
    "with a policy of 2049 characters",
    { Policy: policy("s3:GetObject").padEnd(2049) },
    400,
    "ValidationError",
  ),
  assume(
    "with a policy that no token can hold",
    { Policy: policy(`s3:GetObject","Resource":"arn:aws:s3:::${"x".repeat(1800)}`, false) },
    400,
    "PackedPolicyTooLarge",
  ),
  assume("with an external id of one letter", { ExternalId: "x" }, 400, "ValidationError"),
  assume("with a source identity with a space", { SourceIdentity: "a da" }, 400, "ValidationError"),
  assume("with a tag without a value", { "Tags.member.1.Key": "x" }, 400, "ValidationError"),
  assume("with a tag without a name", { "Tags.member.1.Value": "x" }, 400, "ValidationError"),
  assume(
    "with tags that begin at 2",
    { "Tags.member.2.Key": "x", "Tags.member.2.Value": "x" },
    400,
    "ValidationError",
  ),
  assume(
    "with a tag 0",
    { "Tags.member.0.Key": "x", "Tags.member.0.Value": "x" },
    400,
    "ValidationError",
  ),
  assume(
    "with a tag of AWS",
    { "Tags.member.1.Key": "AWS:x", "Tags.member.1.Value": "x" },
    400,
    "ValidationError",
  ),
  assume(
    "with a tag of an unusual name",
    { "Tags.member.1.Key": "x*", "Tags.member.1.Value": "x" },
    400,
    "ValidationError",
  ),
  assume(
    "with a tag of 257 characters",
    { "Tags.member.1.Key": "x", "Tags.member.1.Value": "x".repeat(257) },
    400,
    "ValidationError",
  ),
  assume(
    "with a tag twice in other letters",
    {
      "Tags.member.1.Key": "x",
      "Tags.member.1.Value": "1",
      "Tags.member.2.Key": "X",
      "Tags.member.2.Value": "2",
    },
    400,
    "ValidationError",
  ),
  assume(
    "with 51 tags",
    Object.fromEntries(
      Array.from({ length: 51 }, (_, i) => [
        [`Tags.member.${i + 1}.Key`, `k${i}`],
        [`Tags.member.${i + 1}.Value`, "v"],
      ]).flat(),
    ),
    400,
    "ValidationError",
  ),
  assume(
    "with a transitive tag that is none",
    { "TransitiveTagKeys.member.1": "x" },
    400,
    "ValidationError",
  ),
  [
    "with 300 parameters",
    `Action=GetCallerIdentity&Version=2011-06-15&${Array.from({ length: 300 }, (_, i) => `p${i}=1`).join("&")}`,
    400,
    "ValidationError",
  ],
];

function policy(action: string, whole = true): string {
  const resource = whole ? ',"Resource":"*"' : "";
  return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"${action}"${resource}}}`;
}

function assume(name: string, parameters: Parameters, status: number, code: string): Refusal {
  const all = { RoleArn: ROLE, RoleSessionName: "session", ...parameters };
  return [name, formOf("AssumeRole", all), status, code];
}

test("a call that asks for what is not served is refused by name", async (t) => {
  const flow = await startSts(t, ROLES, OPTIONS);
  const parser = new XMLParser();
  for (const [name, body, status, code] of signedRefusals) {
    const answer = await send(flow, signedCall(flow.gateway.address, body, READER));
    assert.deepEqual(
      [answer.status, textIn(answer, "Code")],
      [status, code],
      `${name}: ${answer.body.toString()}`,
    );
    const { ErrorResponse: root } = parser.parse(answer.body.toString("utf8"));
    assert.deepEqual(Object.keys(root.Error), ["Type", "Code", "Message"], name);
    assert.equal(root.RequestId, headerOf(answer, "x-amzn-requestid"), name);
    assert.equal(headerOf(answer, "content-type"), "text/xml");
  }
  const records = await flow.gateway.records(signedRefusals.length);
  assert.deepEqual(
    records.map(({ outcome }) => outcome),
    signedRefusals.map(() => "refused"),
  );
  assert.deepEqual(
    records.map(({ errorCode }) => errorCode),
    signedRefusals.map(([, , , code]) => code),
  );
  assert.deepEqual(flow.gateway.errors, []);
});

test("a role is only for whom its trust names, under its conditions", async (t) => {
  const flow = await startSts(t, ROLES, OPTIONS);
  const told = async (key: KeyPair, parameters: Parameters): Promise<string> => {
    const body = formOf("AssumeRole", { RoleArn: ROLE, RoleSessionName: "session", ...parameters });
    const answer = await send(flow, signedCall(flow.gateway.address, body, key));
    return answer.status === 200 ? "ok" : textIn(answer, "Code");
  };
  assert.equal(await told(READER, {}), "ok");
  assert.equal(await told(OWNER, {}), "AccessDenied");
  // Of a role's limits only those learn who are trusted.
  assert.equal(await told(OWNER, { DurationSeconds: "7201" }), "AccessDenied");
  assert.equal(await told(READER, { DurationSeconds: "7201" }), "ValidationError");
  assert.equal(await told(OWNER, { ExternalId: "another" }), "AccessDenied");
  assert.equal(await told(OWNER, { ExternalId: "the-agreed-one" }), "ok");
  const tag = { "Tags.member.1.Key": "x", "Tags.member.1.Value": "y" };
  assert.equal(await told(OWNER, { ExternalId: "the-agreed-one", ...tag }), "AccessDenied");
  assert.equal(
    await told(OWNER, { ExternalId: "the-agreed-one", SourceIdentity: "ada" }),
    "AccessDenied",
  );
  const { errorCode, gate, rule, decision } = (await flow.gateway.records(8))[7] ?? {};
  assert.deepEqual(
    { errorCode, gate, rule, decision },
    {
      errorCode: "AccessDenied",
      gate: "allow",
      rule: `trust of ${ROLE}: sts:SetSourceIdentity: no statement allows it`,
      decision: "deny",
    },
  );
});

/** Requests whose signature proves nothing. */
const badSignatures: readonly (readonly [
  name: string,
  change: (request: Outgoing, host: string) => Outgoing,
  status: number,
  code: string,
])[] = [
  [
    "without a signature",
    (request) => without(request, "authorization"),
    403,
    "MissingAuthenticationToken",
  ],
  [
    "signed for s3",
    (request, host) => signedCall(host, request.body.toString(), READER, { service: "s3" }),
    400,
    "IncompleteSignature",
  ],
  [
    "signed for another service",
    (request, host) => signedCall(host, request.body.toString(), READER, { service: "iam" }),
    400,
    "IncompleteSignature",
  ],
  [
    "signed by another secret",
    (request, host) => signedCall(host, request.body.toString(), { ...READER, secretKey: "wrong" }),
    403,
    "SignatureDoesNotMatch",
  ],
  [
    "of a key that nobody has",
    (request, host) =>
      signedCall(host, request.body.toString(), { ...READER, accessKey: "NOBODY" }),
    403,
    "InvalidClientTokenId",
  ],
  [
    "signed an hour ago",
    (request, host) =>
      signedCall(host, request.body.toString(), READER, {
        timestamp: new Date(Date.now() - 3_600_000).toISOString().replace(/[-:]|\.\d{3}/g, ""),
      }),
    403,
    "SignatureDoesNotMatch",
  ],
  [
    "with another body",
    (request) => ({
      ...request,
      body: Buffer.from(request.body.toString().replace("=900", "=901")),
    }),
    403,
    "SignatureDoesNotMatch",
  ],
  [
    "with a digest that is not the body's",
    (request) => edited(request, "x-amz-content-sha256", () => "UNSIGNED-PAYLOAD"),
    403,
    "SignatureDoesNotMatch",
  ],
  [
    "with a session token that the key has not",
    (request) => ({ ...request, headers: [...request.headers, ["x-amz-security-token", "x"]] }),
    403,
    "AccessDenied",
  ],
  [
    "with Bearer",
    (request) => edited(request, "authorization", () => "Bearer x"),
    400,
    "ValidationError",
  ],
  [
    "with Basic",
    (request) => edited(request, "authorization", () => "Basic eDp5"),
    400,
    "ValidationError",
  ],
  [
    "with a broken Authorization",
    (request) => edited(request, "authorization", (value) => value.slice(0, 40)),
    400,
    "IncompleteSignature",
  ],
];

test("a call whose signature proves nothing is refused", async (t) => {
  const flow = await startSts(t, ROLES, OPTIONS);
  const { address } = flow.gateway;
  for (const [name, change, status, code] of badSignatures) {
    const good = signedCall(address, formOf("GetSessionToken", { DurationSeconds: "900" }), READER);
    const answer = await send(flow, change(good, address));
    assert.deepEqual(
      [answer.status, textIn(answer, "Code")],
      [status, code],
      `${name}: ${answer.body.toString()}`,
    );
  }
  const good = signedCall(address, formOf("GetSessionToken", { DurationSeconds: "900" }), READER);
  assert.equal((await send(flow, good)).status, 200);
});

test("a signature for STS opens nothing in S3, and a signature for S3 nothing in STS", async (t) => {
  const flow = await startSts(t, ROLES, OPTIONS);
  const { address } = flow.gateway;
  const list = { ...signedCall(address, "", READER), method: "GET" };
  const answer = await rawExchange(address, bytesOf(list), { method: "GET" });
  assert.deepEqual([answer.status, textIn(answer, "Code")], [400, "AuthorizationHeaderMalformed"]);
});

test("every bad token is refused with its code, and nothing of it is written anywhere", async (t) => {
  const flow = await startSts(t, ROLES, {
    ...OPTIONS,
    listen: { trustedProxies: ["127.0.0.0/8"] },
  });
  const { bad } = tokensAt(now(), 3_600);
  const parts = new Set<string>();
  let sent = 0;
  for (const [name, token, code = "InvalidIdentityToken"] of bad) {
    const body = formOf("AssumeRoleWithWebIdentity", {
      RoleArn: WEB,
      RoleSessionName: "session",
      WebIdentityToken: token,
    });
    // Each from an address of its own: the limit of bad tokens has a test of its own.
    const from = `192.0.${2 + (sent >> 8)}.${sent++ & 255}`;
    const answer = await call(flow, body, "/", from);
    const tooLong = token.length > 20_000 || token.length < 4;
    const expected =
      Buffer.byteLength(body) > 65_536
        ? "RequestEntityTooLarge"
        : tooLong
          ? "ValidationError"
          : code;
    assert.ok(answer.status >= 400 && answer.status < 500, `${name}: ${answer.status}`);
    const told = textIn(answer, "Code");
    assert.equal(told, expected, name);
    for (const part of token.split(".")) if (part.length >= 24) parts.add(part);
  }
  await flow.gateway.records(bad.length);
  const written = readFileSync(flow.gateway.auditFile, "utf8") + flow.gateway.errors.join("\n");
  for (const part of parts) assert.ok(!written.includes(part), "A token was written");
  assert.deepEqual(flow.gateway.errors, []);
});

test("a good token opens no role whose trust does not name its subject and claims", async (t) => {
  const flow = await startSts(t, ROLES, OPTIONS);
  const { claims } = tokensAt(now());
  const told = async (role: string, more: Section): Promise<string> => {
    const answer = await call(
      flow,
      formOf("AssumeRoleWithWebIdentity", {
        RoleArn: `arn:aws:iam::lab:role/${role}`,
        RoleSessionName: "session",
        WebIdentityToken: tokenOf(KEYS.es256, { ...claims, ...more }),
      }),
    );
    return answer.status === 200 ? "ok" : textIn(answer, "Code");
  };
  const untagged = { department: undefined };
  assert.equal(await told("web", {}), "ok");
  assert.equal(await told("web", { sub: "root" }), "AccessDenied");
  assert.equal(await told("web", { sub: "xuser-1" }), "AccessDenied");
  assert.equal(await told("writer", {}), "AccessDenied");
  assert.equal(await told("none", {}), "AccessDenied");
  assert.equal(await told("admins", untagged), "ok");
  assert.equal(await told("admins", {}), "AccessDenied");
  assert.equal(await told("admins", { ...untagged, groups: ["physics"] }), "AccessDenied");
  assert.equal(await told("admins", { ...untagged, groups: undefined }), "AccessDenied");
  assert.equal(
    await told("admins", { ...untagged, "kubernetes.io": { namespace: "team-b" } }),
    "AccessDenied",
  );
  assert.equal(
    await told("admins", { ...untagged, aud: "https://s3.example.org" }),
    "AccessDenied",
  );
});

test("without sts in the configuration, POST / is what it was", async (t) => {
  const flow = await startFlow(t, "http://127.0.0.1:9");
  const body = formOf("GetCallerIdentity");
  const answer = await send(flow, signedCall(flow.gateway.address, body, READER));
  assert.equal(answer.status, 405);
  assert.match(answer.body.toString(), /<Error><Code>MethodNotAllowed/);
});

test("a form for the bucket of a host stays S3, and so does a list of buckets", async (t) => {
  const flow = await startSts(t, ROLES, {
    ...OPTIONS,
    listen: { domains: ["s3.example.org"] },
    sts: {
      keys: [{ id: "a", secret: Buffer.alloc(32, 1).toString("base64url") }],
      domains: ["sts.example.org"],
    },
  });
  const toHost = (host: string, method: string, target: string): Promise<string> =>
    rawExchange(
      flow.gateway.address,
      Buffer.from(`${method} ${target} HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 0\r\n\r\n`),
      { method },
    ).then((answer) => answer.body.toString("utf8"));
  assert.match(await toHost("photos.s3.example.org", "POST", "/"), /^<\?xml[^>]*>\n<Error>/);
  assert.match(await toHost("s3.example.org", "POST", "/photos"), /^<\?xml[^>]*>\n<Error>/);
  assert.match(await toHost("s3.example.org", "GET", "/"), /^<\?xml[^>]*>\n<Error>/);
  assert.match(await toHost("s3.example.org", "POST", "/"), /MissingAction/);
  assert.match(await toHost("s3.example.org", "GET", "/?Action=x"), /InvalidAction/);
  for (const [method, target] of [
    ["GET", "/"],
    ["GET", "/photos/cat"],
    ["DELETE", "/photos"],
    ["PUT", "/"],
  ] as const) {
    assert.match(await toHost("STS.example.org:8080", method, target), /<ErrorResponse/);
  }
});

test("parameters may stand in the query, and not in the query and the body", async (t) => {
  const flow = await startSts(t, ROLES, OPTIONS);
  const { claims } = tokensAt(now());
  const query = formOf("AssumeRoleWithWebIdentity", {
    RoleArn: WEB,
    RoleSessionName: "session",
    WebIdentityToken: tokenOf(KEYS.es256, claims),
  });
  assert.equal((await call(flow, "", `/?${query}`)).status, 200);
  assert.equal(textIn(await call(flow, query, `/?${query}`), "Code"), "ValidationError");
  const head = `GET /?${query} HTTP/1.1\r\nhost: ${flow.gateway.address}\r\n\r\n`;
  const got = await rawExchange(flow.gateway.address, Buffer.from(head), { method: "GET" });
  assert.equal(got.status, 200);
  const written = JSON.stringify(await flow.gateway.records(3));
  assert.ok(!written.includes(tokenOf(KEYS.es256, claims).split(".")[1] ?? ""));
});

test("a presigned URL, and a signature of version 2, are refused", async (t) => {
  const flow = await startSts(t, ROLES, { ...OPTIONS, policy: { signatures: ["v4", "v2"] } });
  const { address } = flow.gateway;
  const request = {
    method: "POST",
    target: "/?Action=GetCallerIdentity&Version=2011-06-15",
    headers: [["host", address]] as const,
    body: Buffer.alloc(0),
  };
  const presigned = presignV4(request, READER, { ...flow.scope, service: "sts" });
  assert.equal(textIn(await send(flow, presigned), "Code"), "ValidationError");
  const date = new Date().toUTCString();
  const old = signV2(
    {
      ...request,
      headers: [
        ["host", address],
        ["date", date],
      ],
    },
    READER,
    date,
  );
  assert.ok((await send(flow, old)).status < 500);
});

test("a body that is too long, or states no length, is not read", async (t) => {
  const flow = await startSts(t, ROLES, OPTIONS);
  const { address } = flow.gateway;
  const long = `POST / HTTP/1.1\r\nhost: ${address}\r\ncontent-length: 65537\r\n\r\n`;
  const refused = await rawExchange(address, Buffer.from(long), { method: "POST" });
  assert.deepEqual([refused.status, textIn(refused, "Code")], [413, "RequestEntityTooLarge"]);
  const chunked = `POST / HTTP/1.1\r\nhost: ${address}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`;
  const answer = await rawExchange(address, Buffer.from(chunked), { method: "POST" });
  assert.deepEqual([answer.status, textIn(answer, "Code")], [400, "ValidationError"]);
});

/** Roles that sessions of `writer` may become, and one that may become itself. */
const CHAIN: readonly Section[] = [
  ...ROLES,
  {
    name: "next",
    tier: "READ",
    maxSession: "2h",
    trust: {
      Version: "2012-10-17",
      Statement: {
        Effect: "Allow",
        Principal: { AWS: "arn:aws:iam::lab:role/writer" },
        Action: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
      },
    },
  },
];

/** Sends a call that `session` signs. */
function sendBy(flow: Flow, session: Session, action: string, parameters: Parameters = {}) {
  const key = { accessKey: session.accessKeyId, secretKey: session.secret };
  const body = formOf(action, parameters);
  return send(flow, signedCall(flow.gateway.address, body, key, {}, tokenOfSession(session)));
}

const NEXT = { RoleArn: "arn:aws:iam::lab:role/next", RoleSessionName: "second" };

function sessionNow(more: Partial<Session> = {}): Session {
  return sessionOf(now() * 1000, more);
}

test("a session says who it is, and begins no session of its own", async (t) => {
  const flow = await startSts(t, CHAIN, OPTIONS);
  const who = await sendBy(flow, sessionNow(), "GetCallerIdentity");
  assert.equal(textIn(who, "Arn"), "arn:aws:sts::lab:assumed-role/writer/alice");
  assert.equal(textIn(who, "UserId"), "writer:alice");
  const own = await sendBy(flow, sessionNow(), "GetSessionToken");
  assert.deepEqual([own.status, textIn(own, "Code")], [403, "AccessDenied"]);
  const parent = sessionNow({ holder: userHolder(READER.accessKey, READER.secretKey) });
  const user = await sendBy(flow, parent, "GetCallerIdentity");
  assert.equal(textIn(user, "Arn"), "arn:aws:iam::lab:user/reader");
  const again = await sendBy(flow, parent, "GetSessionToken");
  assert.deepEqual([again.status, textIn(again, "Code")], [403, "AccessDenied"]);
});

test("a session becomes another role for an hour, with its transitive tags and source identity", async (t) => {
  const flow = await startSts(t, CHAIN, OPTIONS);
  const first = sessionNow({
    tags: new Map([
      ["Project", "x"],
      ["cost", "y"],
    ]),
    transitiveTags: ["Project"],
    sourceIdentity: "ada",
  });
  const tag = { "Tags.member.1.Key": "cost", "Tags.member.1.Value": "z" };
  const answer = await sendBy(flow, first, "AssumeRole", { ...NEXT, ...tag });
  const next = sessionIn(textIn(answer, "SessionToken"));
  assert.ok(next !== undefined, answer.body.toString());
  assert.deepEqual(
    next.tags,
    new Map([
      ["Project", "x"],
      ["cost", "z"],
    ]),
  );
  assert.deepEqual([next.transitiveTags, next.sourceIdentity], [["Project"], "ada"]);
  assert.equal(next.expiresMs - next.issuedMs, 3_600_000);
  const refused: readonly (readonly [Parameters, string])[] = [
    [{ DurationSeconds: "3601" }, "ValidationError"],
    [{ "Tags.member.1.Key": "project", "Tags.member.1.Value": "mine" }, "ValidationError"],
    [{ SourceIdentity: "eve" }, "AccessDenied"],
  ];
  for (const [more, code] of refused) {
    const told = await sendBy(flow, first, "AssumeRole", { ...NEXT, ...more });
    assert.equal(textIn(told, "Code"), code, JSON.stringify(more));
  }
  const stranger = await sendBy(flow, next, "AssumeRole", NEXT);
  assert.equal(textIn(stranger, "Code"), "AccessDenied");
});

test("a subject of a token is revoked in every role of the chain", async (t) => {
  const flow = await startSts(t, CHAIN, OPTIONS);
  const federated = { issuer: "keycloak", subject: "user-17" };
  const answer = await sendBy(flow, sessionNow({ federated }), "AssumeRole", NEXT);
  const next = sessionIn(textIn(answer, "SessionToken"));
  assert.deepEqual(next?.federated, federated);
  assert.equal(textIn(await sendBy(flow, next, "GetCallerIdentity"), "Code"), "");
  const revoked = [{ issuer: "keycloak", subject: "user-17" }];
  await flow.gateway.reload({ revoked });
  assert.equal(textIn(await sendBy(flow, next, "GetCallerIdentity"), "Code"), "AccessDenied");
  const key = await sendBy(flow, sessionNow(), "AssumeRole", NEXT);
  assert.equal(sessionIn(textIn(key, "SessionToken"))?.federated, undefined);
});

test("a caller who may not assume a role does not learn if it exists, nor how long it lasts", async (t) => {
  const flow = await startSts(t, ROLES, OPTIONS);
  const told = async (name: string, DurationSeconds: string): Promise<string> => {
    const RoleArn = `arn:aws:iam::lab:role/${name}`;
    const form = formOf("AssumeRole", { RoleArn, RoleSessionName: "alice", DurationSeconds });
    const answer = await send(flow, signedCall(flow.gateway.address, form, OWNER));
    return answer.body.toString().replace(/<RequestId>.*<\/RequestId>/, "");
  };
  const nothing = await told("none", "900");
  assert.match(nothing, /<Code>AccessDenied</);
  for (const seconds of ["900", "3601", "43200"]) {
    assert.equal(await told("web", seconds), nothing);
    assert.equal(await told("none", seconds), nothing);
  }
});

test("a session with a session policy becomes no other role, which would not have the policy", async (t) => {
  const flow = await startSts(t, CHAIN, OPTIONS);
  const bound = sessionNow({ policy: policy("s3:GetObject") });
  const told = await sendBy(flow, bound, "AssumeRole", NEXT);
  assert.deepEqual([told.status, textIn(told, "Code")], [403, "AccessDenied"]);
  assert.equal((await sendBy(flow, sessionNow(), "AssumeRole", NEXT)).status, 200);
});

test("a session that has ended, of a role that is gone, or with another token signs nothing", async (t) => {
  const flow = await startSts(t, CHAIN, OPTIONS);
  const ended = sessionOf(now() * 1000 - 7_200_000);
  const told = await sendBy(flow, ended, "AssumeRole", NEXT);
  assert.deepEqual([told.status, textIn(told, "Code")], [403, "ExpiredToken"]);
  const gone = sessionNow({ holder: { kind: "role", role: "gone", session: "alice" } });
  assert.equal(
    textIn(await sendBy(flow, gone, "GetCallerIdentity"), "Code"),
    "InvalidClientTokenId",
  );
  const key = { accessKey: "ASIAABCDEFGHIJKLMNOP", secretKey: "of-the-session" };
  const others = tokenOfSession(sessionNow({ accessKeyId: "ASIAABCDEFGHIJKLMNOQ" }));
  for (const token of [others, "x", `${tokenOfSession(sessionNow())}A`, undefined]) {
    const body = formOf("GetCallerIdentity");
    const answer = await send(flow, signedCall(flow.gateway.address, body, key, {}, token));
    assert.deepEqual([answer.status, textIn(answer, "Code")], [403, "InvalidClientTokenId"]);
  }
  const disabled = sessionNow({ holder: userHolder(READER.accessKey, READER.secretKey) });
  assert.equal((await sendBy(flow, disabled, "GetCallerIdentity")).status, 200);
  const [account] = accountsWith(CHAIN);
  const subusers = [{ name: "reader", tier: "READ", keys: [{ ...READER, disabled: true }] }];
  await flow.gateway.reload({ accounts: [{ ...account, subusers }] });
  assert.equal(textIn(await sendBy(flow, disabled, "GetCallerIdentity"), "Code"), "AccessDenied");
});

test("STS serves a session if revocations are shared, and no revoked one", async (t) => {
  const directory = scratchFolder("sts-revoked");
  const flow = await startSts(t, CHAIN, { ...OPTIONS, state: { directory, refresh: "100ms" } });
  const alice = sessionNow();
  const bob = sessionNow({
    accessKeyId: "ASIABBBBBBBBBBBBBBBB",
    holder: { kind: "role", role: "writer", session: "bob" },
  });
  const codeOf = async (session: Session, action: string, parameters: Parameters = {}) =>
    textIn(await sendBy(flow, session, action, parameters), "Code");
  assert.equal(await codeOf(alice, "GetCallerIdentity"), "");
  assert.equal(await codeOf(alice, "AssumeRole", NEXT), "");
  const shared = openDirectory(directory);
  assert.ok(shared.ok);
  assert.ok((await addRevocation(shared.value, { session: "alice" }, Date.now())).ok);
  await until(async () => (await codeOf(alice, "AssumeRole", NEXT)) === "AccessDenied");
  assert.equal(await codeOf(alice, "GetCallerIdentity"), "AccessDenied");
  assert.equal(await codeOf(bob, "AssumeRole", NEXT), "");
  assert.deepEqual(flow.gateway.errors, []);
});

test("a disabled key and a foreign address get no session", async (t) => {
  const [account] = accountsWith(ROLES);
  const closed = [{ ...account, keys: [{ ...OWNER, disabled: true }], networks: {} }];
  const flow = await startSts(t, ROLES, { ...OPTIONS, accounts: closed });
  const owner = signedCall(flow.gateway.address, formOf("GetSessionToken"), OWNER);
  assert.equal(textIn(await send(flow, owner), "Code"), "AccessDenied");
  const elsewhere = { networks: { allow: ["192.0.2.0/24"] } };
  await flow.gateway.reload({ policy: elsewhere, ...OPTIONS });
  const reader = signedCall(flow.gateway.address, formOf("GetSessionToken"), READER);
  assert.equal(textIn(await send(flow, reader), "Code"), "AccessDenied");
  const token = formOf("AssumeRoleWithWebIdentity", {
    RoleArn: WEB,
    RoleSessionName: "session",
    WebIdentityToken: tokenOf(KEYS.es256, tokensAt(now()).claims),
  });
  assert.equal(textIn(await call(flow, token), "Code"), "AccessDenied");
  const gates = (await flow.gateway.records(3)).map(({ gate }) => gate);
  assert.deepEqual(gates, ["key-state", "networks", "networks"]);
});

test("calls of STS are counted", async (t) => {
  const flow = await startSts(t, ROLES, OPTIONS);
  await send(flow, signedCall(flow.gateway.address, formOf("GetCallerIdentity"), READER));
  await flow.gateway.records(1);
  const series =
    's3warden_requests_total{operation="GetCallerIdentity",outcome="answered",code="200"}';
  assert.equal(await metricOf(flow, series.replace("s3warden_", "")), 1);
  assert.equal(await metricOf(flow, 'issuer_up{issuer="keycloak"}'), 1);
});
