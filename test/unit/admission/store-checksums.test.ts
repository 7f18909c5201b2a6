import assert from "node:assert/strict";
import { test } from "node:test";
import { explain } from "../../../src/explain/explain.ts";
import { firstValue, hasHeader, type HeaderList } from "../../../src/http/headers.ts";
import { CHECKSUM_ALGORITHMS, CHECKSUM_BYTES } from "../../../src/s3/checksums.ts";
import { STORE_KINDS } from "../../../src/s3/store-kinds.ts";
import { storeTraits } from "../../../src/s3/stores.ts";
import { word } from "../../support/decided.ts";
import { judge, NOW, world, type Ask } from "./world.ts";

/** What the store would be sent. */
function sent(store: string, upstream: string, line: string, ask: Ask): HeaderList {
  const whole = { content: Buffer.from("123456789"), trailer: "y/Q5Jg==" };
  const verdict = judge(world("{}", upstream, store), line, { as: "lab", ...ask }, { whole });
  assert(verdict.kind === "forward", word(verdict));
  return verdict.request.head.headers;
}

const valueOf = (bytes: number): string => Buffer.alloc(bytes, 7).toString("base64");

for (const store of STORE_KINDS) {
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const knows = storeTraits(store).checksums.has(algorithm);
    const field = `x-amz-checksum-${algorithm}`;
    const named = { "x-amz-sdk-checksum-algorithm": algorithm.toUpperCase() };

    test(`${algorithm} of an upload ${knows ? "reaches" : "is kept from"} a store that is ${store}`, () => {
      const headers = { ...named, [field]: valueOf(CHECKSUM_BYTES[algorithm]) };
      const got = sent(store, "", "PUT /photos/a", { headers, body: "meow" });
      assert.equal(hasHeader(got, field), knows);
      assert.equal(hasHeader(got, "x-amz-sdk-checksum-algorithm"), knows);
    });

    test(`a large ${algorithm} trailer goes to a store that is ${store} if it knows both`, () => {
      const headers = { ...named, ...LARGE, "x-amz-trailer": field };
      const got = sent(store, "", "PUT /photos/a", { headers });
      const reframed = knows && storeTraits(store).trailers;
      assert.equal(firstValue(got, "x-amz-trailer"), reframed ? field : undefined);
      assert.equal(hasHeader(got, "x-amz-sdk-checksum-algorithm"), reframed);
      assert.equal(hasHeader(got, field), false);
    });

    test(`${algorithm} of parts to come is announced to a store that is ${store} if it will get them`, () => {
      const headers = {
        "x-amz-checksum-algorithm": algorithm.toUpperCase(),
        "x-amz-checksum-type": "COMPOSITE",
      };
      const got = sent(store, "", "POST /photos/a?uploads", { headers });
      const announced = knows && storeTraits(store).trailers;
      assert.equal(hasHeader(got, "x-amz-checksum-algorithm"), announced);
      assert.equal(hasHeader(got, "x-amz-checksum-type"), announced);
    });

    const { trailers } = storeTraits(store);
    const outcome = !trailers ? "is nobody's to verify at" : knows ? "goes to" : "is refused for";
    test(`${algorithm} of a whole object of parts ${outcome} a store that is ${store}`, () => {
      const value = valueOf(CHECKSUM_BYTES[algorithm]);
      const type = { "x-amz-checksum-type": "FULL_OBJECT" };
      const snapshot = world("{}", "", store);
      const begun = judge(snapshot, "POST /photos/a?uploads", {
        as: "lab",
        headers: { ...type, "x-amz-checksum-algorithm": algorithm.toUpperCase() },
      });
      const expected = knows || !trailers ? "forward" : "NotImplemented";
      assert.equal(word(begun), expected);
      const ended = judge(snapshot, "POST /photos/a?uploadId=u", {
        as: "lab",
        headers: { ...type, [field]: value },
        body: "<CompleteMultipartUpload/>",
      });
      assert.equal(word(ended), expected);
      if (ended.kind !== "forward") return;
      const { headers } = ended.request.head;
      assert.equal(firstValue(headers, field), trailers ? value : undefined);
      assert.equal(
        firstValue(headers, "x-amz-checksum-type"),
        trailers ? "FULL_OBJECT" : undefined,
      );
    });
  }
}

const LARGE = {
  "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  "x-amz-decoded-content-length": "70000",
  "transfer-encoding": "chunked",
} as const;

const SMALL = {
  ...LARGE,
  "x-amz-decoded-content-length": "9",
  "x-amz-trailer": "x-amz-checksum-crc32",
  "x-amz-sdk-checksum-algorithm": "CRC32",
};

test("the trailer of a small body is a header for a store without trailers", () => {
  for (const store of ["generic", "ceph"]) {
    const got = sent(store, "", "PUT /photos/a", { headers: SMALL });
    assert.equal(firstValue(got, "x-amz-checksum-crc32"), "y/Q5Jg==");
    assert.equal(firstValue(got, "x-amz-sdk-checksum-algorithm"), "CRC32");
    assert.equal(firstValue(got, "content-length"), "9");
    assert.equal(hasHeader(got, "x-amz-trailer"), false);
    assert.equal(hasHeader(got, "x-amz-decoded-content-length"), false);
  }
});

test("the trailer of a CompleteMultipartUpload is of its document, and never a header", () => {
  for (const store of STORE_KINDS) {
    const got = sent(store, "", "POST /photos/a?uploadId=u", { headers: SMALL });
    assert.equal(hasHeader(got, "x-amz-checksum-crc32"), false);
  }
});

test("it stays a trailer for a store that has them", () => {
  const got = sent("minio", "", "PUT /photos/a", { headers: SMALL });
  assert.equal(firstValue(got, "x-amz-trailer"), "x-amz-checksum-crc32");
  assert.equal(hasHeader(got, "x-amz-checksum-crc32"), false);
});

test("upstream.trailers has the last word on what is announced", () => {
  const headers = { "x-amz-checksum-algorithm": "CRC32" };
  const line = "POST /photos/a?uploads";
  assert(
    !hasHeader(sent("minio", ", trailers: false", line, { headers }), "x-amz-checksum-algorithm"),
  );
  assert(
    hasHeader(sent("generic", ", trailers: true", line, { headers }), "x-amz-checksum-algorithm"),
  );
});

test("a copy may ask for a checksum that the store knows, and only for such", () => {
  const copy = (algorithm: string): HeaderList =>
    sent("minio", "", "PUT /photos/a", {
      headers: { "x-amz-copy-source": "photos/b", "x-amz-checksum-algorithm": algorithm },
    });
  assert(hasHeader(copy("SHA256"), "x-amz-checksum-algorithm"));
  assert(!hasHeader(copy("XXHASH3"), "x-amz-checksum-algorithm"));
  // The store says what it thinks of a name that S3 does not have.
  assert(hasHeader(copy("MD4"), "x-amz-checksum-algorithm"));
});

test("x-amz-checksum-mode goes to any store, with whatever it comes", () => {
  const headers = { "x-amz-checksum-mode": "ENABLED" };
  for (const store of STORE_KINDS) {
    for (const line of ["GET /photos/a", "HEAD /photos/a", "POST /photos/a?uploads"]) {
      const got = sent(store, "", line, { headers });
      assert.equal(firstValue(got, "x-amz-checksum-mode"), "ENABLED", `${store} ${line}`);
    }
  }
});

test("a whole object of parts may be asked for without an algorithm, or by one that S3 has not", () => {
  const type = { "x-amz-checksum-type": "FULL_OBJECT" };
  for (const headers of [type, { ...type, "x-amz-checksum-algorithm": "MD4" }]) {
    const got = sent("minio", "", "POST /photos/a?uploads", { headers });
    assert.equal(firstValue(got, "x-amz-checksum-type"), "FULL_OBJECT");
  }
});

test("an upload whose kind has a trailer and that announces none is a plain one", () => {
  const headers = { ...LARGE };
  for (const store of STORE_KINDS) {
    const got = sent(store, "", "PUT /photos/a", { headers });
    assert.equal(firstValue(got, "x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
    assert.equal(firstValue(got, "content-length"), "70000");
  }
});

test("explain() decides on a small upload with a trailer, though nobody sends its body", async () => {
  const question = (as: string) => ({
    as,
    request: "PUT /photos/a",
    header: Object.entries(SMALL).map(([name, value]) => `${name}: ${value}`),
  });
  const snapshot = world("{}", "", "generic");
  for (const [as, decision] of [
    ["lab", "allow"],
    ["lab:reader", "deny"],
  ] as const) {
    const explained = await explain(snapshot, question(as), NOW, undefined);
    assert(explained.ok);
    assert.equal(explained.value.decision, decision);
  }
});
