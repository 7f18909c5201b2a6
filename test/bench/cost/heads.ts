import { admit } from "../../../src/admission/admit.ts";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import type { Verdict } from "../../../src/admission/verdict.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";
import { answerFields } from "../../../src/gateway/answer-fields.ts";
import { forwardedBy } from "../../../src/http/forwarded.ts";
import { decode, encodePath } from "../../../src/http/percent.ts";
import type { RequestHead } from "../../../src/http/head.ts";
import { parseTarget } from "../../../src/http/target.ts";
import { parseCopySource } from "../../../src/s3/copy-source.ts";
import { parseTagging } from "../../../src/s3/tags.ts";
import { canonicalHeaders, canonicalQuery } from "../../../src/signature/canonical.ts";
import { readRequestHead } from "../../../src/wire/request-head.ts";
import { goodConfig } from "../../support/config.ts";
import type { Family } from "./families.ts";
import { listed, repeated } from "./fill.ts";

const HEADER_BYTES = 16 * 1024;
const NOW = Date.parse("2026-11-22T12:00:00Z");
const SCOPE = "20261122/us-east-1/s3/aws4_request";

/** Returns a gateway with that many names of its own. */
function snapshotOf(domains: number): Snapshot {
  const names = Array.from({ length: domains }, (_, i) => `s3-${i}.example.org`);
  const gateway = `upstream: { endpoints: ["http://store:7480"] }
identities: [{ accounts: accounts.yaml }]
listen: { domains: [${names.join(", ")}] }
policy: { signatures: [v4, v2] }
`;
  const accounts = `accounts:
  - name: lab
    upstream: { accessKey: STORE, secretKey: the-stores-secret }
    keys: [{ accessKey: AKIDLAB, secretKey: secret-lab }]
`;
  return compileSnapshot(goodConfig({ "gateway.yaml": gateway, "accounts.yaml": accounts }), 1);
}

type Wrong = {
  readonly target?: string;
  readonly headers?: readonly string[];
  readonly signed: string;
};

/** Returns a function that judges a head with a wrong signature, whole to its last step. */
function admitting(snapshot: Snapshot, { target = "/bucket/key", headers = [], signed }: Wrong) {
  const parsed = parseTarget(target);
  if (!parsed.ok) throw new Error(parsed.error);
  const credential = `Credential=AKIDLAB/${SCOPE}, SignedHeaders=${signed};x-amz-date`;
  const authorization = `AWS4-HMAC-SHA256 ${credential}, Signature=${"0".repeat(64)}`;
  const head = {
    method: "GET",
    target: parsed.value,
    headers: [
      "host",
      "s3-0.example.org",
      "x-amz-date",
      "20261122T120000Z",
      "x-amz-content-sha256",
      "UNSIGNED-PAYLOAD",
      "authorization",
      authorization,
      ...headers,
    ],
    sourceAddress: "192.0.2.1",
    secure: true,
  };
  return () => refusalOf(snapshot, head);
}

/**
 * Takes the decision to its end. Throws if the request is let in or asks: such a bench would
 * measure nothing.
 */
function refusalOf(snapshot: Snapshot, head: RequestHead): Verdict {
  const step = admit(snapshot, head, NOW).next();
  if (step.done !== true || step.value.kind !== "refuse") throw new Error("It is not refused");
  return step.value;
}

const SIGNED_HEADERS: readonly Family[] = [1, 8].flatMap((domains) => {
  const snapshot = snapshotOf(domains);
  const family = (name: string, wrongOf: (bytes: number) => Wrong): Family => ({
    parser: `wrong signature, ${domains} domain${domains === 1 ? "" : "s"}`,
    name,
    bytesMax: HEADER_BYTES,
    make: (bytes) => admitting(snapshot, wrongOf(bytes)),
  });
  return [
    family("names of no header in SignedHeaders", (bytes) => ({
      signed: `host;${listed(bytes, (i) => i.toString(36), ";")}`,
    })),
    family("as many headers as names", (bytes) => {
      const names = listed(bytes / 2, (i) => `a${i.toString(36)}`, ";");
      return { signed: `host;${names}`, headers: names.split(";").flatMap((name) => [name, ""]) };
    }),
    family("one header of spaces", (bytes) => ({
      signed: "a;host",
      headers: ["a", repeated("a  ", bytes)],
    })),
    family("one header, again and again", (bytes) => ({
      signed: "a;host",
      headers: Array.from({ length: bytes / 4 }, () => ["a", ""]).flat(),
    })),
    family("query parameters", (bytes) => ({
      signed: "host",
      target: `/b/k?${listed(bytes, (i) => `prefix=${(9999 - i).toString(36)}%41`, "&")}`,
    })),
    family("a path of escapes", (bytes) => ({
      signed: "host",
      target: `/b/${repeated("%24", bytes)}`,
    })),
  ];
});

/** Returns a parser of one text. */
function of(
  parser: string,
  name: string,
  text: (bytes: number) => string,
  parse: (text: string) => unknown,
): Family {
  const make = (bytes: number): (() => unknown) => {
    const input = text(bytes);
    return () => parse(input);
  };
  return { parser, name, bytesMax: HEADER_BYTES, make };
}

const target = (name: string, text: (bytes: number) => string): Family =>
  of("request target", name, text, parseTarget);
const percent = (name: string, unit: string): Family =>
  of(
    "percent-encoding",
    name,
    (bytes) => repeated(unit, bytes),
    (text) => {
      return [decode(text), encodePath(text)];
    },
  );
const source = (name: string, text: (bytes: number) => string): Family =>
  of("copy source", name, text, parseCopySource);
const tagging = (name: string, text: (bytes: number) => string): Family =>
  of("x-amz-tagging", name, text, parseTagging);
const forwarded = (header: string, name: string, text: (bytes: number) => string): Family =>
  of("Forwarded, X-Forwarded-For", name, text, (value) =>
    forwardedBy([header, value], "192.0.2.1", () => true),
  );
const wire = (name: string, lines: (bytes: number) => string): Family =>
  of("head of HTTP/1.1", name, lines, (text) =>
    readRequestHead(`GET / HTTP/1.1\r\nhost: a\r\n${text}`),
  );
const answer = (name: string, text: (bytes: number) => string): Family => {
  const parse = (value: string): unknown =>
    answerFields(["connection", value, ...value.split(",").flatMap((field) => [`x${field}`, ""])]);
  return of("fields of the store's answer", name, text, parse);
};

const TEXTS: readonly Family[] = [
  target("parameters without names", (bytes) => `/?${repeated("&=", bytes)}`),
  target("parameters", (bytes) => `/?${repeated("a=b&", bytes)}`),
  target("escapes", (bytes) => `/?${repeated("%41", bytes - (bytes % 3))}`),
  wire("spaces within an option of Connection", (bytes) => {
    return `connection: a${" ".repeat(bytes)}b\r\n`;
  }),
  wire("options of Connection", (bytes) => `connection: ${repeated("a ,", bytes)}\r\n`),
  wire("fields", (bytes) => repeated("a:\r\n", bytes - (bytes % 4))),
  answer("each named by Connection", (bytes) => listed(bytes / 2, (i) => i.toString(36), ",")),
  percent("escapes of ASCII", "%41"),
  percent("escapes of an emoji", "%F0%9F%98%80"),
  percent("what must be escaped", "é"),
  source("slashes", (bytes) => `/b/${repeated("/", bytes)}`),
  source("escapes", (bytes) => `b/${repeated("%2F", bytes)}`),
  source("question marks", (bytes) => `b/${repeated("?versionId=", bytes)}`),
  source("colons", (bytes) => repeated(":", bytes)),
  tagging("tags", (bytes) => listed(bytes, (i) => `${i.toString(36)}=`, "&")),
  tagging("plus signs", (bytes) => repeated("+", bytes)),
  forwarded("x-forwarded-for", "spaces within an entry", (bytes) => `a${" ".repeat(bytes)}b`),
  forwarded("x-forwarded-for", "proxies all the way", (bytes) => repeated("10.0.0.1,", bytes)),
  forwarded("forwarded", "elements", (bytes) => repeated("for=10.0.0.1,", bytes)),
  forwarded("forwarded", "quotes", (bytes) => `for="${repeated("\\\\", bytes)}`),
];

const CANONICAL: readonly Family[] = [
  {
    parser: "canonical request",
    name: "parameters in the wrong order",
    bytesMax: HEADER_BYTES,
    make: (bytes) => {
      const query = Array.from({ length: bytes / 4 }, (_, i) => {
        return { name: (99_999 - i).toString(36), value: "" };
      });
      return () => canonicalQuery(query);
    },
  },
  {
    parser: "canonical request",
    name: "as many headers as names",
    bytesMax: HEADER_BYTES,
    make: (bytes) => {
      const names = Array.from({ length: bytes / 8 }, (_, i) => i.toString(36));
      const headers = names.flatMap((name) => [name, "a  b"]);
      return () => canonicalHeaders(headers, names);
    },
  },
];

/** Returns a link with many of the headers that SDKs put into the query. */
function presigned(bytes: number): () => unknown {
  const snapshot = snapshotOf(1);
  const credential = encodeURIComponent(`AKIDLAB/${SCOPE}`);
  const lifted = listed(bytes, (i) => `x-amz-meta-${i.toString(36)}=`, "&");
  const query = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${credential}&X-Amz-Date=20261122T120000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=0&${lifted}`;
  const parsed = parseTarget(`/bucket/key?${query}`);
  if (!parsed.ok) throw new Error(parsed.error);
  const headers = ["host", "s3-0.example.org"];
  const head = { method: "GET", target: parsed.value, headers, sourceAddress: "::1", secure: true };
  return () => refusalOf(snapshot, head);
}

export const HEAD_FAMILIES: readonly Family[] = [
  ...SIGNED_HEADERS,
  {
    parser: "wrong signature of a link",
    name: "parameters that stand for headers",
    bytesMax: HEADER_BYTES,
    make: presigned,
  },
  ...CANONICAL,
  ...TEXTS,
];
