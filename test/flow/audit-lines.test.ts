import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { LINE_BYTES_MAX } from "../../src/observe/audit-line.ts";
import type { AuditRecord } from "../support/audit.ts";
import { OWNER, READER, startFlow, UPSTREAM, type Flow } from "../support/flow.ts";
import { BOUNDARY, multipart, policyParts } from "../support/forms.ts";
import { rawExchange } from "../support/raw-client.ts";
import {
  bytesOf,
  md5,
  plus,
  presignV2,
  presignV4,
  signV2,
  signatureOf,
  type Header,
  type Outgoing,
} from "../support/signed.ts";
import { startHttpStore } from "../support/scripted-store.ts";

const SESSION = { accessKey: "ASIASESSION", secretKey: "theSecretOfTheSession" };
const TOKEN = "theSessionTokenOfThatOneKey";

async function start(t: TestContext): Promise<Flow> {
  const store = await startHttpStore((request, response) => {
    request.resume().once("end", () => response.end("answer"));
  });
  t.after(() => store.stop());
  const keys = [OWNER, { ...SESSION, sessionToken: TOKEN }];
  return startFlow(t, store.endpoint, {
    accounts: [{ name: "lab", upstream: UPSTREAM, keys }],
    policy: { signatures: ["v4", "v2"] },
  });
}

const SIGNATURE = randomBytes(32).toString("hex");

function hex(sign: string): string {
  return sign.charCodeAt(0).toString(16);
}

/** A link whose parameters a client took for part of the key. */
function semicolons(target: string): string {
  return target.replaceAll(/[?&]/g, ";");
}

/** The lines as they stand in the file, when there are `count`. */
async function linesOf(flow: Flow, count: number): Promise<readonly string[]> {
  await flow.gateway.records(count);
  return readFileSync(flow.gateway.auditFile, "utf8").split("\n").slice(0, -1);
}

test("no secret, signature, token or SSE-C key stands in a line, the page or its JSON, however the client sends it", async (t) => {
  const flow = await start(t);
  const key = randomBytes(32);
  const sse = (prefix: string): readonly Header[] => [
    [`x-amz-${prefix}server-side-encryption-customer-algorithm`, "AES256"],
    [`x-amz-${prefix}server-side-encryption-customer-key`, key.toString("base64")],
    [`x-amz-${prefix}server-side-encryption-customer-key-md5`, md5(key)],
  ];
  const plain = (method: string, target: string, ...headers: Header[]): Outgoing => ({
    method,
    target,
    headers: [["host", flow.gateway.address], ...headers],
    body: Buffer.alloc(0),
  });
  const in5Minutes = String(Math.floor(Date.now() / 1000) + 300);
  const presigned = presignV4(plain("GET", "/bucket/key"), OWNER, flow.scope);
  const presignedV2 = presignV2(plain("GET", "/bucket/key"), OWNER, in5Minutes);
  const secretsInQuery = (target: string): readonly string[] =>
    [...target.matchAll(/Signature=([^&]+)/g)].map(([, value]) => value ?? "");
  const expiresMs = Date.now() + 300_000;
  const conditions = [{ bucket: "bucket" }, { key: "key" }];
  const form = [
    { name: "key", value: "key" },
    ...policyParts(OWNER, flow.scope, { expiresMs, conditions }),
    { name: "file", value: "content", filename: "f" },
  ];
  const formBody = Buffer.from(multipart(form), "latin1");
  const formHeaders: readonly Header[] = [
    ["content-type", `multipart/form-data; boundary=${BOUNDARY}`],
    ["content-length", String(formBody.length)],
  ];
  const requests: readonly (readonly [string, Outgoing])[] = [
    ["header", flow.signed("GET", "/bucket/key")],
    ["a wrong secret", flow.signed("GET", "/bucket/key", { key: READER })],
    ["version 2", signV2(plain("GET", "/bucket/key"), OWNER, new Date().toUTCString())],
    ["presigned", presigned],
    [
      "presigned, used again behind a tag",
      plus(presigned, ["referer", `http://${OWNER.accessKey}:pass-word@web${presigned.target}`]),
    ],
    ["presigned with version 2", presignedV2],
    ["presigned as a key", flow.signed("GET", presigned.target.replace("?", "%3F"))],
    ["presigned as a key, by nobody", plain("GET", presigned.target.replace("?", "%3F"))],
    [
      "presigned as a key, the question mark encoded twice",
      plain(
        "GET",
        presigned.target.replace(/[?=&]/g, (sign) => `%25${hex(sign)}`),
      ),
    ],
    ["presigned as a key with semicolons", plain("GET", semicolons(presignedV2.target))],
    [
      "presigned as a version, by nobody",
      plain("GET", `/bucket/key?versionId=${encodeURIComponent(presigned.target)}`),
    ],
    ...["", "copy-source-"].map((prefix): readonly [string, Outgoing] => {
      const [, name] = sse(prefix).map(([header]) => header);
      const value = encodeURIComponent(key.toString("base64"));
      return [`${name} as a key`, plain("GET", `/bucket/key%3F${name}=${value}`)];
    }),
    [
      "a signature as User-Agent",
      plain("GET", "/bucket/key", ["user-agent", `Credential=x, Signature=${SIGNATURE}`]),
    ],
    [
      "another signature as User-Agent",
      plain("GET", "/bucket/key", ["user-agent", `X-Amz-Signature: ${SIGNATURE}`]),
    ],
    [
      "a password without a scheme",
      plain("GET", "/bucket/key", ["referer", "//user:pass-word@web/"]),
    ],
    [
      "presigned as a source",
      flow.signed("PUT", "/bucket/copy", { headers: [["x-amz-copy-source", presigned.target]] }),
    ],
    [
      "session",
      flow.signed("GET", "/bucket/key", {
        key: SESSION,
        headers: [["x-amz-security-token", TOKEN]],
      }),
    ],
    ["session without its token", flow.signed("GET", "/bucket/key", { key: SESSION })],
    ["SSE-C", flow.signed("PUT", "/bucket/key", { headers: sse(""), body: "x" })],
    [
      "SSE-C copy",
      flow.signed("PUT", "/bucket/key", {
        headers: [["x-amz-copy-source", "/bucket/source"], ...sse("copy-source-"), ...sse("")],
      }),
    ],
    [
      "SSE-C presigned",
      presignV4(
        plain(
          "PUT",
          `/bucket/key?${sse("")
            .slice(0, 2)
            .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
            .join("&")}`,
        ),
        OWNER,
        flow.scope,
      ),
    ],
    ["Bearer", plain("GET", "/bucket/key", ["authorization", "Bearer theBearerTokenOfSomebody"])],
    ["form", { ...plain("POST", "/bucket", ...formHeaders), body: formBody }],
  ];
  for (const [, request] of requests) {
    await rawExchange(flow.gateway.address, bytesOf(request), { method: request.method });
  }
  const lines = await linesOf(flow, requests.length);
  assert.equal(lines.length, requests.length);
  const shown = ["/", "/status.json"].map(async (path) => {
    const answer = await fetch(`http://${flow.gateway.adminAddress}${path}`);
    return [path, await answer.text()] as const;
  });
  const secrets = [
    ...[OWNER, READER, UPSTREAM, SESSION].map(({ secretKey }) => secretKey),
    UPSTREAM.accessKey,
    TOKEN,
    "theBearerTokenOfSomebody",
    "pass-word",
    SIGNATURE,
    key.toString("base64"),
    encodeURIComponent(key.toString("base64")),
    md5(key),
    ...requests.flatMap(([, { target }]) => secretsInQuery(target)),
    ...requests.flatMap(([, request]) => signatureOf(request)).filter((text) => text !== ""),
    ...form.filter(({ name }) => /signature|policy/.test(name)).map(({ value }) => value),
  ];
  const named = lines.map((line, i) => [requests[i]?.[0], line] as const);
  for (const [name, line] of [...named, ...(await Promise.all(shown))]) {
    const found = secrets.filter((secret) => line.includes(secret));
    assert.deepEqual(found, [], `${name}: ${line}`);
    assert.doesNotMatch(line, /[0-9a-f]{63}|aws4_request|X-Amz-(?:Signature|Credential)/i);
  }
});

test("whatever bytes a client sends, there is one line of JSON for it, of bounded length", async (t) => {
  const flow = await start(t);
  const long = (text: string, length: number): string => text.repeat(length / text.length);
  const targets = [
    `/bucket/${encodeURIComponent("line\nbreak\r\u0000\u0001\u007f\u2028\u2029")}`,
    `/bucket/${encodeURIComponent("line\nbreak\r\u0001\u007f\u2028\u2029\ud83d\ude00")}`,
    "/bucket/%ff%fe",
    `/bucket/${long("%01", 3 * 1024)}`,
    `/bucket/key?versionId=${long("%02", 6 * 1024)}`,
    `/bucket?prefix=${long("%03", 9 * 1024)}`,
    `/bucket/key?tagging&x=${long("y", 4 * 1024)}`,
  ];
  const agents = [
    "\x01\x02",
    "\xff\xfe\x80",
    '"}\\',
    long("\x01", 4 * 1024),
    long("\xff", 4 * 1024),
  ];
  let count = 0;
  for (const target of targets) {
    for (const agent of agents) {
      const headers: Header[] = [
        ["x-amz-tagging", long("a=b&", 1024)],
        ["referer", agent],
      ];
      const unsigned: Header[] = [["user-agent", agent]];
      await flow.exchange(count % 2 === 0 ? "GET" : "PUT", target, { headers, unsigned });
      count++;
    }
  }
  const lines = await linesOf(flow, count);
  assert.equal(lines.length, count);
  for (const line of lines) {
    assert.ok(Buffer.byteLength(line) <= LINE_BYTES_MAX, `${Buffer.byteLength(line)} bytes`);
    assert.equal(typeof JSON.parse(line), "object");
    // oxlint-disable-next-line no-control-regex -- Control characters are what must not be there.
    assert.doesNotMatch(line, /[\u0000-\u001f]/);
    assert.ok(line.isWellFormed());
  }
});

test("the keys of a DeleteObjects stand in its line, unless they are too many", async (t) => {
  const flow = await start(t);
  await remove(flow, ["a", "b/c"]);
  await remove(
    flow,
    Array.from({ length: 1000 }, (_, i) => `${"k".repeat(100)}${i}`),
  );
  const [few, many] = await flow.gateway.records(2);
  assert.deepEqual(deletionOf(few), { deletes: [["a"], ["b/c"]] });
  assert.deepEqual(deletionOf(many), { clipped: true });
});

test("the line of a DeleteObjects says which keys were denied, where not all were", async (t) => {
  const store = await startHttpStore((request, response) => {
    request.resume().once("end", () => response.end("<DeleteResult></DeleteResult>"));
  });
  t.after(() => store.stop());
  const allow = { Effect: "Allow", Action: "s3:*", Resource: "*" };
  const deny = { Effect: "Deny", Action: "s3:*", Resource: "arn:aws:s3:::bucket/kept/*" };
  const policy = { Version: "2012-10-17", Statement: [allow, deny] };
  const subusers = [{ name: "reader", policies: ["p.json"], keys: [READER] }];
  const flow = await startFlow(t, store.endpoint, {
    accounts: [{ name: "lab", upstream: UPSTREAM, keys: [OWNER], subusers }],
    files: { "p.json": JSON.stringify(policy) },
  });
  await remove(flow, ["a", "kept/b", "kept/c", "d"], READER);
  await remove(flow, ["kept/b"], READER);
  await remove(flow, ["kept/b"]);
  const [some, all, none] = await flow.gateway.records(3);
  const deletes = [["a"], ["kept/b"], ["kept/c"], ["d"]];
  assert.deepEqual(deletionOf(some), { deletes, denied: [1, 2] });
  for (const record of [all, none]) assert.deepEqual(deletionOf(record), { deletes: [["kept/b"]] });
});

async function remove(flow: Flow, keys: readonly string[], key = OWNER): Promise<void> {
  const objects = keys.map((name) => `<Object><Key>${name}</Key></Object>`);
  const body = `<Delete>${objects.join("")}</Delete>`;
  const headers = [["content-md5", md5(body)]] as const;
  await flow.exchange("POST", "/bucket?delete", { body, headers, key });
}

/** What `record` says of the keys that were to be deleted. */
function deletionOf(record: AuditRecord | undefined): Readonly<Record<string, unknown>> {
  const told: readonly (readonly [string, unknown])[] = Object.entries(Object(record?.["request"]));
  return Object.fromEntries(
    told.filter(([name]) => ["deletes", "denied", "clipped"].includes(name)),
  );
}
