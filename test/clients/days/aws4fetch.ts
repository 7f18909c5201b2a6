import { byProgram, type OwnClient, noReader } from "./frame.ts";
import { ours } from "./installed.ts";
import { pinned, snippet } from "./snippets.ts";

export const AWS4FETCH: OwnClient = {
  name: "aws4fetch",
  title: "aws4fetch",
  version: pinned("../../../package.json", "aws4fetch"),
  snippet: snippet("js/aws4fetch-day.js", "aws4fetch", "js"),
  needs: [],
  scheme: "https",
  bucket: "made",
  spend: byProgram(process.execPath, [ours("js/aws4fetch-day.js")], ({ authority }) => ({
    NODE_EXTRA_CA_CERTS: authority,
  })),
  steps: {
    "makes a bucket": { ok: true },
    "puts an object": { ok: true, etag: '"9e107d9d372bb6826bd81d3542a419d6"' },
    "gets it": { ok: true, text: "The quick brown fox jumps over the lazy dog", colour: "blue" },
    "gets a range": { ok: true, text: "quick" },
    "keeps odd keys": { ok: true, wrong: [] },
    "uploads 20 MiB in parts": { ok: true, intact: true },
    lists: { ok: true, keys: 5 },
    copies: { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "signs a link": { ok: true, status: 200, text: "The quick brown fox jumps over the lazy dog" },
    "gets unless unchanged": { ok: false, code: "304" },
    "writes only once": { ok: false, code: "PreconditionFailed" },
    "gets a missing key": { ok: false, code: "NoSuchKey" },
    "reads with a reader's key": { ok: true, text: "The quick brown fox jumps over the lazy dog" },
    "writes with a reader's key": { ok: false, code: "AccessDenied" },
    "deletes with a reader's key": { ok: false, code: "AccessDenied" },
    "uses a wrong secret": { ok: false, code: "SignatureDoesNotMatch" },
    "deletes an object": { ok: false, code: "NoSuchKey" },
  },
  differences: [noReader("reads with a reader's key")],
};
