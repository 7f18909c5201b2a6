/**
 * Tests that requests signed by two independent signers, `aws4` and the AWS SDK's
 * `@smithy/signature-v4`, verify; and with any one character of a signed part changed they do not.
 * Each property runs once with a fixed seed and once with a fresh one, which is printed.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { SignatureV4 } from "@smithy/signature-v4";
import aws4 from "aws4";
import * as fc from "fast-check";
import type { RequestHead } from "../../src/http/head.ts";
import { parseTarget } from "../../src/http/target.ts";
import { amzDate } from "../../src/signature/amz-date.ts";
import { NodeHash } from "../support/node-hash.ts";
import { EXAMPLE, judge } from "../unit/signature/heads.ts";

const NOW = "2026-02-28T23:59:30Z";
const NOW_MS = Date.parse(NOW);
const HOST = "s3.example.org:8080";
const RUNS = 150;

/** The request that a client wants to send, in Unicode as it would write it. */
type Wish = {
  readonly method: string;
  readonly key: string;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string;
  readonly region: string;
};

/** Encodes as RFC 3986, by the engine's own function, which leaves `!'()*`. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
const pathOf = (wish: Wish): string => `/bucket/${wish.key.split("/").map(encode).join("/")}`;
const queryOf = (pairs: readonly (readonly [string, string])[]): string =>
  pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&");

const characters = fc.constantFrom(
  ...("aZ09-._~!'()*+,;:@&=$% /?#[]{}|\\^`\"<>éß漢😀\u0301\u007f".match(/./gu) ?? []),
);
const text = fc.oneof(
  fc.string({ unit: characters, maxLength: 24 }),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
// Both signers collapse every Unicode space of a header value, while S3 and we collapse blanks and
// tabs. They sign UTF-8, which is then sent.
const value = fc
  .array(fc.constantFrom("a", "Z", "0", " ", "  ", "\t", ",", ";", "=", "é", "漢", "😀"), {
    maxLength: 20,
  })
  .map((pieces) => pieces.join(""))
  // Both turn a lone tab into a blank too, as we do.
  .filter((joined) => joined.trim() !== "");

const wishes: fc.Arbitrary<Wish> = fc.record({
  method: fc.constantFrom("GET", "PUT", "HEAD", "DELETE", "POST"),
  key: text,
  // aws4 takes only the first of two equal names, drops empty ones and stumbles over `__proto__`.
  query: fc.uniqueArray(
    fc.tuple(
      text.filter((name) => name !== "" && name !== "__proto__" && !/^x-amz-/i.test(name)),
      text,
    ),
    { maxLength: 4, selector: ([name]) => name },
  ),
  headers: fc.dictionary(fc.stringMatching(/^x-amz-meta-[a-z]{1,6}$/), value, { maxKeys: 3 }),
  payload: fc.constantFrom("UNSIGNED-PAYLOAD", createHash("sha256").digest("hex")),
  region: fc.constantFrom("us-east-1", "default", "eu_central.2", "a"),
});

const onWire = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

function headOf(
  method: string,
  target: string,
  headers: Readonly<Record<string, unknown>>,
): RequestHead {
  const parsed = parseTarget(target);
  if (!parsed.ok) throw new Error(`${parsed.error}: ${target}`);
  return {
    method,
    target: parsed.value,
    headers: Object.entries(headers).flatMap(([name, value]) => [
      name.toLowerCase(),
      onWire(String(value)),
    ]),
    sourceAddress: undefined,
    secure: false,
  };
}

type Signer = (wish: Wish) => RequestHead | Promise<RequestHead>;

const withAws4 =
  (presigned: boolean): Signer =>
  (wish) => {
    const query = queryOf(
      presigned ? [...wish.query, ["X-Amz-Date", amzDate(NOW_MS)]] : wish.query,
    );
    const payload = presigned ? {} : { "x-amz-content-sha256": wish.payload };
    const date = presigned ? {} : { "x-amz-date": amzDate(NOW_MS) };
    const request = aws4.sign(
      {
        method: wish.method,
        path: `${pathOf(wish)}${query === "" ? "" : `?${query}`}`,
        service: "s3",
        region: wish.region,
        signQuery: presigned,
        headers: { host: HOST, ...date, ...payload, ...wish.headers },
      },
      { accessKeyId: EXAMPLE.accessKeyId, secretAccessKey: EXAMPLE.secret },
    );
    return headOf(wish.method, request.path ?? "", { ...request.headers });
  };

const withSmithy =
  (presigned: boolean): Signer =>
  async (wish) => {
    const signer = new SignatureV4({
      service: "s3",
      region: wish.region,
      credentials: { accessKeyId: EXAMPLE.accessKeyId, secretAccessKey: EXAMPLE.secret },
      sha256: NodeHash,
      uriEscapePath: false,
    });
    const request = {
      method: wish.method,
      protocol: "http:",
      hostname: "s3.example.org",
      path: pathOf(wish),
      query: Object.fromEntries(wish.query),
      headers: { host: HOST, "x-amz-content-sha256": wish.payload, ...wish.headers },
    };
    // Presigning moves the x-amz-* headers into the query, as the SDK does for applications.
    const signed = await (presigned
      ? signer.presign(request, { signingDate: new Date(NOW), expiresIn: 600 })
      : signer.sign(request, { signingDate: new Date(NOW) }));
    const pairs = Object.entries(signed.query ?? {}).map(
      ([name, value]) => [name, String(value)] as const,
    );
    const query = queryOf(pairs);
    return headOf(wish.method, `${pathOf(wish)}${query === "" ? "" : `?${query}`}`, signed.headers);
  };

const SIGNERS = [
  ["aws4 in the header", withAws4(false)],
  ["aws4 in the query", withAws4(true)],
  ["the SDK in the header", withSmithy(false)],
  ["the SDK in the query", withSmithy(true)],
] as const;

const FRESH_SEED = Math.floor(Math.random() * 2 ** 31);
console.log(`Fresh seed: ${FRESH_SEED}`);
const SEEDS = [20130524, FRESH_SEED] as const;

for (const [name, sign] of SIGNERS) {
  test(`verifyClaim() proves any request signed by ${name}`, async () => {
    const property = fc.asyncProperty(wishes, async (wish) => {
      const proved = judge(await sign(wish), NOW);
      assert.ok(proved.ok, proved.ok ? "" : JSON.stringify(proved.error));
    });
    for (const seed of SEEDS) await fc.assert(property, { seed, numRuns: RUNS });
  });

  test(`verifyClaim() refuses a request signed by ${name} with one character changed`, async () => {
    const property = fc.asyncProperty(
      wishes,
      fc.constantFrom(...CHANGES),
      fc.nat(),
      async (wish, change, at) => {
        const head = await sign(wish);
        const changed = change(head, at);
        fc.pre(changed !== undefined);
        assert.equal(judge(changed, NOW).ok, false);
      },
    );
    for (const seed of SEEDS) await fc.assert(property, { seed, numRuns: RUNS });
  });
}

/** A change of one character of a signed part; returns `undefined` if the head has no such part. */
type Change = (head: RequestHead, at: number) => RequestHead | undefined;

const CHANGES: readonly Change[] = [
  (head) => ({ ...head, method: head.method === "GET" ? "PUT" : "GET" }),
  (head, at) => withTarget(head, changedAt(head.target.raw, at, /[^/?&=%]/)),
  (head) => withTarget(head, `${head.target.raw}${head.target.raw.includes("?") ? "&" : "?"}acl`),
  (head) => withTarget(head, head.target.raw.replace(/\/bucket\//, "/bucket//")),
  (head) => withTarget(head, head.target.raw.replace(/[^&?]*=[^&]*&?$/, "")),
  (head, at) => withHeader(head, at, (value) => changedAt(value, at, /[0-9a-z]/i)),
  (head, at) => withHeader(head, at, () => undefined),
  (head) => ({ ...head, headers: [...head.headers, "x-amz-acl", "public-read"] }),
];

/** Returns `text` with the character at or after `at` that matches `which` replaced by another. */
function changedAt(text: string, at: number, which: RegExp): string | undefined {
  for (let i = 0; i < text.length; i++) {
    const place = (at + i) % text.length;
    const old = text[place] ?? "";
    // The digits of an escape stay as they are: `%2F` for `%2f` means the same.
    if (!which.test(old) || /%.?$/.test(text.slice(0, place))) continue;
    return text.slice(0, place) + (old === "7" ? "8" : "7") + text.slice(place + 1);
  }
  return undefined;
}

function withTarget(head: RequestHead, raw: string | undefined): RequestHead | undefined {
  if (raw === undefined || raw === head.target.raw) return undefined;
  const target = parseTarget(raw);
  return target.ok ? { ...head, target: target.value } : undefined;
}

/** Changes or removes (`undefined`) the value of a header that counts. */
function withHeader(
  head: RequestHead,
  at: number,
  change: (value: string) => string | undefined,
): RequestHead | undefined {
  const place = 2 * (at % (head.headers.length / 2));
  const value = change(head.headers[place + 1] ?? "");
  if (value !== undefined) return { ...head, headers: head.headers.with(place + 1, value) };
  const name = head.headers[place];
  // Without an Authorization header the request is anonymous, which is another matter.
  if (name === "authorization") return undefined;
  return { ...head, headers: head.headers.toSpliced(place, 2) };
}
