import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { StoreKind } from "../../src/s3/store-kinds.ts";
import { CHECK_CONTENT, CHECK_VALUES } from "../support/check-values.ts";
import { BOUNDARY, multipart, policyParts } from "../support/forms.ts";
import { OWNER, rawValue, startFlow, type Flow } from "../support/flow.ts";
import { streamed, type Framing } from "../support/framing.ts";
import { rawExchange } from "../support/raw-client.ts";
import { bytesOf, type Header } from "../support/signed.ts";
import { startRecordingStore, type Recorded, type RecordingStore } from "../stores/recording.ts";

type Site = { readonly store: RecordingStore; readonly flow: Flow };

async function siteOf(t: TestContext, kind: StoreKind): Promise<Site> {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  return { store, flow: await startFlow(t, store.endpoint, { store: { store: kind } }) };
}

/** The one request that the store got. */
function gotBy({ store }: Site): Recorded {
  const [got, ...more] = store.requests;
  assert(got !== undefined && more.length === 0);
  return got;
}

function framed({ flow }: Site, framing: Framing, ...more: readonly Header[]): Buffer {
  const headers: Header[] = [["host", flow.gateway.address], ...more];
  const bare = { method: "PUT", target: "/bucket/key", headers, body: Buffer.alloc(0) };
  return bytesOf(streamed(bare, OWNER, flow.scope, framing));
}

for (const [algorithm, hex] of CHECK_VALUES) {
  const field = `x-amz-checksum-${algorithm}`;
  const value = Buffer.from(hex, "hex").toString("base64");
  const named: Header = ["x-amz-sdk-checksum-algorithm", algorithm.toUpperCase()];

  test(`${algorithm} as a header is verified and reaches a store that knows it`, async (t) => {
    const site = await siteOf(t, "aws");
    const headers: Header[] = [named, [field, value]];
    const answer = await site.flow.exchange("PUT", "/bucket/key", { headers, body: CHECK_CONTENT });
    assert.equal(answer.status, 200);
    const got = gotBy(site);
    assert.equal(rawValue(got.rawHeaders, field), value);
    assert.equal(got.body.toString(), CHECK_CONTENT);
  });

  for (const kind of ["signed-trailer", "unsigned-trailer"] as const) {
    test(`${algorithm} as the trailer of a ${kind} body reaches a store that knows it`, async (t) => {
      const site = await siteOf(t, "aws");
      const framing: Framing = { kind, chunks: ["12345", "6789"], trailer: [field, value] };
      const bytes = framed(site, framing, named);
      assert.equal((await rawExchange(site.flow.gateway.address, bytes)).status, 200);
      const got = gotBy(site);
      assert.equal(rawValue(got.rawHeaders, "x-amz-trailer"), field);
      assert.equal(got.body.toString(), `9\r\n${CHECK_CONTENT}\r\n0\r\n${field}:${value}\r\n\r\n`);
    });
  }

  test(`${algorithm} as the field of a form is verified and reaches the store as a header`, async (t) => {
    const site = await siteOf(t, "aws");
    const { flow } = site;
    const expiresMs = Date.now() + 600_000;
    const conditions = [{ bucket: "bucket" }, ["eq", "$key", "key"], { [field]: value }];
    const text = multipart([
      { name: "key", value: "key" },
      ...policyParts(OWNER, flow.scope, { expiresMs, conditions }),
      { name: field, value },
      { name: "file", value: CHECK_CONTENT, filename: "a" },
    ]);
    const head = [
      "POST /bucket HTTP/1.1",
      `host: ${flow.gateway.address}`,
      `content-type: multipart/form-data; boundary=${BOUNDARY}`,
      `content-length: ${text.length}`,
    ];
    const bytes = Buffer.from(`${head.join("\r\n")}\r\n\r\n${text}`, "latin1");
    assert.equal((await rawExchange(flow.gateway.address, bytes)).status, 204);
    const got = gotBy(site);
    assert.equal(rawValue(got.rawHeaders, field), value);
    assert.equal(got.body.toString(), CHECK_CONTENT);
  });
}

test("a checksum that a store does not know is verified and left out, and one it knows becomes a header", async (t) => {
  for (const [algorithm, hex] of CHECK_VALUES) {
    const site = await siteOf(t, "generic");
    const value = Buffer.from(hex, "hex").toString("base64");
    const field = `x-amz-checksum-${algorithm}`;
    const right = framed(site, {
      kind: "unsigned-trailer",
      chunks: [CHECK_CONTENT],
      trailer: [field, value],
    });
    assert.equal((await rawExchange(site.flow.gateway.address, right)).status, 200);
    const got = gotBy(site);
    const isOld = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"].includes(algorithm);
    assert.equal(rawValue(got.rawHeaders, field), isOld ? value : undefined, algorithm);
    assert.equal(rawValue(got.rawHeaders, "x-amz-trailer"), undefined);
    assert.equal(got.body.toString(), CHECK_CONTENT);
    const wrong = framed(site, {
      kind: "unsigned-trailer",
      chunks: ["223456789"],
      trailer: [field, value],
    });
    const answer = await rawExchange(site.flow.gateway.address, wrong);
    assert.match(answer.body.toString(), /<Code>BadDigest</);
    assert.equal(site.store.requests.length, 1, algorithm);
  }
});

test("a body of 64 KiB gets its header, and one byte more does not", async (t) => {
  for (const [length, has] of [
    [65_536, true],
    [65_537, false],
  ] as const) {
    const site = await siteOf(t, "generic");
    const bytes = framed(site, { kind: "unsigned-trailer", chunks: ["x".repeat(length)] });
    assert.equal((await rawExchange(site.flow.gateway.address, bytes)).status, 200);
    const { rawHeaders, body } = gotBy(site);
    assert.equal(rawValue(rawHeaders, "x-amz-checksum-crc32") !== undefined, has);
    assert.equal(body.length, length);
  }
});

for (const kind of ["signed-trailer", "unsigned-trailer"] as const) {
  test(`a ${kind} body that announces no trailer and has none is stored as it is`, async (t) => {
    for (const store of ["aws", "generic"] as const) {
      const site = await siteOf(t, store);
      // An empty value of the helper's: no x-amz-trailer at all.
      const none = (text: string): string =>
        text.replace(/x-amz-checksum-crc32:.*\r\n(?:x-amz-trailer-signature:.*\r\n)?/, "");
      const bytes = framed(site, { kind, chunks: [CHECK_CONTENT], edit: none }, [
        "x-amz-trailer",
        "",
      ]);
      assert.equal((await rawExchange(site.flow.gateway.address, bytes)).status, 200);
      const got = gotBy(site);
      assert.equal(got.body.toString(), CHECK_CONTENT);
      assert.equal(rawValue(got.rawHeaders, "x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
      assert.equal(rawValue(got.rawHeaders, "content-encoding"), undefined);
    }
  });
}
