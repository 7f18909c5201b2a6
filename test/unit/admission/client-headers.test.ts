/** Headers of real clients beside S3's own: what the store gets of them, and what is still refused. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { parseTarget } from "../../../src/http/target.ts";
import { valuesOf } from "../../../src/http/headers.ts";
import { ACTED_ON, DROPPED_HEADERS } from "../../../src/s3/known-headers.ts";
import { decided, type Decided } from "../../support/decided.ts";
import { plus, signV4, type Header, type Outgoing } from "../../support/signed.ts";
import { KEYS, NOW, world } from "./world.ts";

const WORLD = world();
const SCOPE = { timestamp: "20261122T120000Z" };
const PAIR = { accessKey: KEYS.lab, secretKey: "secret-lab" };

/** `line` with `headers`, all of them signed by a signer that is not the gateway's. */
function signed(line: string, ...headers: readonly Header[]): Outgoing {
  const [method = "", target = ""] = line.split(" ");
  const all: Header[] = [["host", "gateway.example.org"], ...headers];
  return signV4({ method, target, headers: all, body: Buffer.alloc(0) }, PAIR, SCOPE);
}

function judged(request: Outgoing, snapshot: Snapshot = WORLD): Decided {
  const target = parseTarget(request.target);
  if (!target.ok) throw new Error(target.error);
  const { method } = request;
  const head = { method, target: target.value, headers: request.headers.flat() };
  return decided(snapshot, { ...head, sourceAddress: "192.0.2.1", secure: false }, NOW);
}

/** The values of `name` that the store gets. */
function sent(verdict: Decided, name: string): readonly string[] {
  assert.ok(verdict.kind === "forward", verdict.kind === "refuse" ? verdict.fault.message : "");
  return valuesOf(verdict.request.head.headers, name);
}

function codeOf(verdict: Decided): string {
  return verdict.kind === "refuse" ? verdict.fault.code : verdict.kind;
}

describe("admit() leaves out what says nothing to any store:", () => {
  for (const name of DROPPED_HEADERS.keys()) {
    test(name, () => {
      const verdict = judged(signed("GET /photos/cat.jpg", [name, "2006-03-01"]));
      assert.deepEqual(sent(verdict, name), []);
    });
  }
  test("but only if it was signed", () => {
    const request = plus(signed("GET /photos/cat.jpg"), ["x-amz-api-version", "2006-03-01"]);
    assert.equal(codeOf(judged(request)), "AccessDenied");
  });
});

describe("admit() refuses", () => {
  for (const name of [...ACTED_ON.keys(), "x-amz-nobody-knows", "x-minio-force-delete"]) {
    test(`${name}, and says which header it was`, () => {
      const verdict = judged(signed("DELETE /photos/cat.jpg", [name, "a"]));
      assert.ok(verdict.kind === "refuse");
      assert.deepEqual(verdict.fault.unknown, { kind: "header", name });
    });
  }
  for (const name of ["x-amz-acl", "range", "x-amz-tagging", "x-amz-copy-source", "content-type"]) {
    test(`${name} in two lines`, () => {
      const verdict = judged(signed("PUT /photos/cat.jpg", [name, "a"], [name, "b"]));
      assert.match(codeOf(verdict), /^Invalid(Argument|Request)$/);
    });
  }
});

test("policy.ignoredHeaders lets an unknown header pass, and the store does not get it", () => {
  const snapshot = world("{ ignoredHeaders: [X-Amz-Nobody-Knows] }");
  const name = "x-amz-nobody-knows";
  const verdict = judged(signed("PUT /photos/cat.jpg", [name, "a"], [name, "b"]), snapshot);
  assert.equal(codeOf(verdict), "InvalidRequest", "a repeated header is ambiguous, whatever it is");
  const once = judged(signed("PUT /photos/cat.jpg", [name, "a"]), snapshot);
  assert.deepEqual(sent(once, name), []);
  const unsigned = plus(signed("PUT /photos/cat.jpg"), [name, "a"]);
  assert.equal(codeOf(judged(unsigned, snapshot)), "AccessDenied");
  const other = judged(signed("PUT /photos/cat.jpg", ["x-amz-nobody-knowss", "a"]), snapshot);
  assert.equal(codeOf(other), "InvalidArgument");
});

describe("admit() sends on what came empty, empty:", () => {
  const rows = [
    ["metadata of a PutObject", "PUT /photos/cat.jpg", "x-amz-meta-empty", []],
    [
      "metadata of a copy",
      "PUT /photos/cat.jpg",
      "x-amz-meta-empty",
      [
        ["x-amz-copy-source", "photos/dog.jpg"],
        ["x-amz-metadata-directive", "REPLACE"],
      ],
    ],
    ["metadata of an upload in parts", "POST /photos/cat.jpg?uploads", "x-amz-meta-empty", []],
    ["a content type", "PUT /photos/cat.jpg", "content-type", []],
    ["a content coding", "PUT /photos/cat.jpg", "content-encoding", []],
    ["a disposition", "PUT /photos/cat.jpg", "content-disposition", []],
    ["a language", "PUT /photos/cat.jpg", "content-language", []],
    ["a condition of a read", "GET /photos/cat.jpg", "if-none-match", []],
    ["a range", "GET /photos/cat.jpg", "range", []],
    ["an expected owner", "GET /photos/cat.jpg", "x-amz-expected-bucket-owner", []],
  ] as const;
  for (const [what, line, name, more] of rows) {
    test(what, () => {
      assert.deepEqual(sent(judged(signed(line, [name, ""], ...more)), name), [""]);
    });
  }
});

describe("admit() refuses where nothing else than a value has a meaning:", () => {
  const rows = [
    ["x-amz-acl", "InvalidArgument"],
    ["x-amz-storage-class", "InvalidStorageClass"],
    ["x-amz-grant-read", "InvalidArgument"],
    ["x-amz-object-lock-mode", "InvalidArgument"],
    ["x-amz-server-side-encryption", "InvalidArgument"],
    ["x-amz-website-redirect-location", "InvalidRedirectLocation"],
    ["x-amz-copy-source", "InvalidArgument"],
    ["if-none-match", "NotImplemented"],
  ] as const;
  for (const [name, code] of rows) {
    test(`an empty ${name}`, () => {
      assert.equal(codeOf(judged(signed("PUT /photos/cat.jpg", [name, ""]))), code);
    });
  }
});

describe("admit() joins the lines of a list, as the SDKs for Go 2 and Java 2 send them:", () => {
  const aws = world("{}", "", "aws");
  test("x-amz-object-attributes", () => {
    const name = "x-amz-object-attributes";
    const request = signed("GET /photos/cat.jpg?attributes", [name, "ETag"], [name, "ObjectSize"]);
    assert.deepEqual(sent(judged(request, aws), name), ["ETag,ObjectSize"]);
  });
  test("x-amz-optional-object-attributes", () => {
    const name = "x-amz-optional-object-attributes";
    const request = signed("GET /photos?list-type=2", [name, "RestoreStatus"], [name, "Other"]);
    assert.deepEqual(sent(judged(request, aws), name), ["RestoreStatus,Other"]);
  });
  test("but not one that was added to a signed one", () => {
    const name = "x-amz-object-attributes";
    const request = plus(signed("GET /photos/cat.jpg?attributes", [name, "ETag"]), [name, "Other"]);
    assert.equal(codeOf(judged(request, aws)), "SignatureDoesNotMatch");
  });
});
