import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { admitBytes } from "../../support/documents.ts";
import type { Verdict } from "../../../src/admission/verdict.ts";
import { firstValue } from "../../../src/http/headers.ts";
import { judge, NOW, word, world } from "./world.ts";

const WORLD = world();

const object = (key: string, version?: string): string =>
  `<Object><Key>${key}</Key>${version === undefined ? "" : `<VersionId>${version}</VersionId>`}</Object>`;

/** What becomes of a DeleteObjects with this body. */
function deleting(as: "lab" | "writer" | "reader", objects: string, quiet = ""): Verdict {
  const body = `<Delete>${quiet}${objects}</Delete>`;
  const verdict = judge(WORLD, "POST /photos?delete", { as, body });
  assert(verdict.kind === "read");
  return admitBytes(WORLD, verdict.pending, Buffer.from(body), NOW);
}

test("admitBody() forwards a DeleteObjects written anew, with the digest of what is sent", () => {
  const verdict = deleting("lab", object("a&amp;b") + object("c", "v1"));
  assert(verdict.kind === "forward");
  const sent = verdict.content?.toString() ?? "";
  assert.match(sent, /<Key>a&amp;b<\/Key>/);
  assert.match(sent, /<Key>c<\/Key><VersionId>v1<\/VersionId>/);
  const { headers } = verdict.request;
  const digest = createHash("sha256").update(sent).digest("hex");
  assert.equal(firstValue(headers, "x-amz-content-sha256"), digest);
  assert.equal(firstValue(headers, "content-length"), String(Buffer.byteLength(sent)));
  assert.deepEqual(verdict.reply, { kind: "relay" });
});

test("admitBody() keeps back the keys that are denied and says so in the merged answer", () => {
  const verdict = deleting("writer", object("a") + object("b", "v1") + object("c", "null"));
  assert(verdict.kind === "forward");
  const sent = verdict.content?.toString() ?? "";
  assert.match(sent, /<Object><Key>a<\/Key><\/Object>/);
  assert.doesNotMatch(sent, /VersionId|<Key>[bc]/);
  assert(verdict.reply.kind === "merge-delete");
  assert.deepEqual(
    verdict.reply.denied.map(({ key, versionId, code }) => [key, versionId, code]),
    [
      ["b", "v1", "AccessDenied"],
      ["c", "null", "AccessDenied"],
    ],
  );
  assert.equal(verdict.facts.denial?.gate, "blocked-actions");
});

test("admitBody() answers itself where no key may be deleted, so that the store hears nothing", () => {
  const verdict = deleting("reader", object("a") + object("b"), "<Quiet>true</Quiet>");
  assert(verdict.kind === "answer");
  assert.equal(verdict.body.match(/<Code>AccessDenied<\/Code>/g)?.length, 2);
  assert.match(verdict.body, /s3:DeleteObject on arn:aws:s3:::photos\/a/);
});

test("admitBody() refuses a DeleteObjects that is none", () => {
  assert.equal(word(deleting("lab", "<Other/>")), "MalformedXML");
});

test("admitBody() drops the checksum of a document that it wrote anew", () => {
  const body = `<Delete>${object("a")}</Delete>`;
  const md5 = createHash("md5").update(body).digest("base64");
  const verdict = judge(WORLD, "POST /photos?delete", {
    as: "lab",
    body,
    headers: { "content-md5": md5 },
  });
  assert(verdict.kind === "read");
  const after = admitBytes(WORLD, verdict.pending, Buffer.from(body), NOW);
  assert(after.kind === "forward");
  const sent = createHash("md5")
    .update(after.content ?? "")
    .digest("base64");
  assert.equal(firstValue(after.request.headers, "content-md5"), sent);
});

test("admitBody() forwards other documents byte for byte", () => {
  const body = '<?xml version="1.0"?>\n<Tagging><TagSet/></Tagging>\n';
  const verdict = judge(WORLD, "PUT /photos/a?tagging", { as: "lab", body });
  assert(verdict.kind === "read");
  const after = admitBytes(WORLD, verdict.pending, Buffer.from(body), NOW);
  assert(after.kind === "forward");
  assert.equal(after.content?.toString(), body);
});
