/** What a provider's switches add to a request's permissions, take from them, or refuse. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  askedAtStore,
  askedBy,
  cappedQuery,
  overriddenByNobody,
  reservedFaultIn,
  tenantFault,
  tenantFaultIn,
  withCopiedTags,
} from "../../../src/admission/provider-rules.ts";
import { parseTarget, type QueryParameter } from "../../../src/http/target.ts";
import type { Provider } from "../../../src/provider/provider.ts";
import type { Ask } from "../../../src/s3/asks.ts";
import type { OperationName } from "../../../src/s3/operations.ts";
import { word } from "../../support/decided.ts";
import { judge, world } from "./world.ts";

const WORLD = world();
const providerWith = (more: Partial<Provider>): Provider => ({ ...WORLD.policy.provider, ...more });
const TARGET = { tenant: undefined, name: "mine" };
const SOURCE = { tenant: undefined, name: "photos" };

function asksOf(operation: OperationName, ...actions: readonly Ask["action"][]): readonly Ask[] {
  return actions.map((action) => ({
    operation,
    action,
    bucket: action.startsWith("s3:Get") ? SOURCE : TARGET,
    key: "k",
  }));
}

const actionsOf = (asks: readonly Ask[]): readonly string[] =>
  asks.map(({ action, bucket }) => `${action.slice(3)} ${bucket?.name}`);

describe("a store that copies tags whatever is said", () => {
  const rows = [
    [
      "also asks for those of the source",
      asksOf("CopyObject", "s3:PutObject", "s3:GetObject"),
      ["PutObject mine", "GetObject photos", "GetObjectTagging photos"],
    ],
    [
      "also asks for those of the source's version",
      asksOf("CopyObject", "s3:GetObjectVersion", "s3:PutObject", "s3:PutObjectTagging"),
      [
        "GetObjectVersion photos",
        "GetObjectVersionTagging photos",
        "PutObject mine",
        "PutObjectTagging mine",
      ],
    ],
    [
      "asks for them once",
      asksOf("CopyObject", "s3:PutObject", "s3:GetObject", "s3:GetObjectTagging"),
      ["PutObject mine", "GetObject photos", "GetObjectTagging photos"],
    ],
    [
      "asks for those of a version once",
      asksOf("CopyObject", "s3:PutObject", "s3:GetObjectVersion", "s3:GetObjectVersionTagging"),
      ["PutObject mine", "GetObjectVersion photos", "GetObjectVersionTagging photos"],
    ],
    [
      "asks for none in a copy of a part",
      asksOf("UploadPartCopy", "s3:PutObject", "s3:GetObject"),
      ["PutObject mine", "GetObject photos"],
    ],
    [
      "asks for none where nothing is copied",
      asksOf("GetObject", "s3:GetObject"),
      ["GetObject photos"],
    ],
  ] as const;
  for (const [what, asks, expected] of rows) {
    test(what, () => {
      assert.deepEqual(actionsOf(withCopiedTags(asks)), expected);
      const ignoring = new Map([["CopyObject", new Set(["x-amz-tagging-directive"])]] as const);
      const store = { ...WORLD.store, ignoredHeaders: ignoring };
      assert.deepEqual(actionsOf(askedAtStore(store, asks)), expected);
      const acting = { ...WORLD.store, ignoredHeaders: new Map() };
      assert.equal(askedAtStore(acting, asks), asks);
    });
  }
});

describe("askedBy()", () => {
  const copy = asksOf("CopyObject", "s3:PutObject", "s3:GetObject", "s3:GetObjectTagging");
  const version = asksOf(
    "CopyObject",
    "s3:PutObject",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionTagging",
  );
  const attributes = asksOf("GetObjectAttributes", "s3:GetObjectAttributes", "s3:GetObject");
  const ofVersion = asksOf(
    "GetObjectAttributes",
    "s3:GetObjectVersionAttributes",
    "s3:GetObjectVersion",
  );
  const tags = asksOf("GetObjectTagging", "s3:GetObjectTagging");
  const read = asksOf("GetObject", "s3:GetObject");
  const rows = [
    [copy, "copyReadsTags", 2],
    [version, "copyReadsTags", 2],
    [copy, "attributesReadObjects", 3],
    [attributes, "attributesReadObjects", 1],
    [ofVersion, "attributesReadObjects", 1],
    [attributes, "copyReadsTags", 2],
    [tags, "copyReadsTags", 1],
    [read, "attributesReadObjects", 1],
  ] as const;
  for (const [asks, without, left] of rows) {
    test(`asks ${left} of ${asks.length} of a ${asks[0]?.operation} without ${without}`, () => {
      const all = providerWith({ copyReadsTags: true, attributesReadObjects: true });
      assert.deepEqual(askedBy(all, asks), asks);
      assert.deepEqual(askedBy({ ...all, [without]: false }, asks), asks.slice(0, left));
    });
  }
});

function queryOf(text: string): readonly QueryParameter[] {
  const target = parseTarget(`/photos?${text}`);
  assert.ok(target.ok);
  return target.value.query;
}

describe("cappedQuery()", () => {
  const rows = [
    ["ListObjects", "max-keys=1001", "max-keys=1000"],
    ["ListObjectsV2", "list-type=2&max-keys=5000&prefix=a", "list-type=2&max-keys=1000&prefix=a"],
    ["ListObjectVersions", "versions&max-keys=1001", "versions&max-keys=1000"],
    ["ListObjects", "max-keys=1000", undefined],
    ["ListObjects", "max-keys=1", undefined],
    ["ListObjects", "prefix=5000", undefined],
    ["ListObjects", "", undefined],
    ["ListParts", "uploadId=u&max-keys=5000", undefined],
    ["ListMultipartUploads", "uploads&max-keys=5000", undefined],
  ] as const;
  for (const [operation, text, capped] of rows) {
    test(`of ${operation} ?${text}: ${capped ?? "as it is"}, or refused`, () => {
      const query = queryOf(text);
      const clamp = providerWith({ maxKeys: { cap: 1000, excess: "clamp" } });
      const clamped = cappedQuery(clamp, operation, query);
      assert.ok(clamped.ok);
      if (capped === undefined) assert.equal(clamped.value, query);
      else assert.deepEqual(clamped.value, queryOf(capped));
      const refuse = providerWith({ maxKeys: { cap: 1000, excess: "refuse" } });
      const refused = cappedQuery(refuse, operation, query);
      assert.equal(refused.ok ? undefined : refused.error.code, capped && "InvalidArgument");
      const free = cappedQuery(providerWith({ maxKeys: undefined }), operation, query);
      assert.ok(free.ok && free.value === query);
    });
  }
});

describe("a tenant", () => {
  const own = { kind: "bucket", bucket: TARGET } as const;
  const other = { kind: "bucket", bucket: { tenant: "t", name: "mine" } } as const;
  test("is named only where the provider has such names", () => {
    for (const [tenantAddressing, address, code] of [
      [true, other, undefined],
      [true, own, undefined],
      [false, own, undefined],
      [false, { kind: "service" }, undefined],
      [false, other, "InvalidBucketName"],
      [false, { ...other, bucket: { tenant: "", name: "mine" } }, "InvalidBucketName"],
    ] as const) {
      assert.equal(tenantFault(providerWith({ tenantAddressing }), address)?.code, code);
    }
  });

  test("is named in a copy's source only there, too", () => {
    const asks = asksOf("CopyObject", "s3:PutObject", "s3:GetObject");
    const foreign = asks.map((ask) =>
      ask.bucket === SOURCE ? { ...ask, bucket: { ...SOURCE, tenant: "t" } } : ask,
    );
    const none = asksOf("ListBuckets", "s3:ListAllMyBuckets").map((ask) => ({
      ...ask,
      bucket: undefined,
    }));
    for (const [tenantAddressing, all, code] of [
      [true, foreign, undefined],
      [false, asks, undefined],
      [false, none, undefined],
      [false, foreign, "InvalidBucketName"],
    ] as const) {
      assert.equal(tenantFaultIn(providerWith({ tenantAddressing }), all)?.code, code);
    }
  });
});

test("the gateway's own bucket is refused wherever it is named", () => {
  const asks = asksOf("CopyObject", "s3:PutObject", "s3:GetObject");
  for (const [stateBucket, code] of [
    ["photos", "InvalidBucketName"],
    ["mine", "InvalidBucketName"],
    ["other", undefined],
    [undefined, undefined],
  ] as const) {
    const fault = reservedFaultIn({ ...WORLD, stateBucket }, asks);
    assert.equal(fault?.code, code);
    if (stateBucket !== undefined && fault !== undefined) {
      assert.match(fault.message, new RegExp(`"${stateBucket}"`));
    }
  }
  const none = asksOf("ListBuckets", "s3:ListAllMyBuckets").map((ask) => ({
    ...ask,
    bucket: undefined,
  }));
  assert.equal(reservedFaultIn({ ...WORLD, stateBucket: undefined }, none), undefined);
});

test("nobody without a key chooses the headers of an answer", () => {
  const nobody = { kind: "anonymous" } as const;
  for (const [text, code] of [
    ["response-content-type=a", "InvalidRequest"],
    ["versionId=v&response-expires=a", "InvalidRequest"],
    ["versionId=v", undefined],
    ["partNumber=1", undefined],
    ["", undefined],
  ] as const) {
    assert.equal(overriddenByNobody(nobody, queryOf(text))?.code, code, text);
    assert.equal(word(judge(WORLD, `GET /photos/a?${text}`, { as: "lab" })), "forward", text);
  }
});
