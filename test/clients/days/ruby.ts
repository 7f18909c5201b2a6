import { debianProgram } from "../../tools/programs.ts";
import { byProgram, noReader, type OwnClient } from "./frame.ts";
import { ours } from "./installed.ts";
import { snippet } from "./snippets.ts";

const FOX_READ = { ok: true, text: "The quick brown fox jumps over the lazy dog" } as const;

export const RUBY_SDK: OwnClient = {
  name: "ruby-sdk",
  title: "AWS SDK for Ruby v3",
  version: "1.117.2",
  snippet: snippet("ruby/day.rb", "ruby", "ruby"),
  needs: [debianProgram("ruby", "ruby-aws-sdk-s3")],
  scheme: "https",
  bucket: "made",
  spend: byProgram("ruby", [ours("ruby/day.rb")]),
  steps: {
    "makes a bucket": { ok: true },
    "puts an object": { ...FOX_READ, colour: "blue" },
    "puts with a checksum": FOX_READ,
    "gets a range": { ok: true, text: "quick" },
    "uploads 20 MiB in parts": { ok: true, intact: true },
    "uploads a stream": FOX_READ,
    "keeps odd keys": { ok: true, wrong: [] },
    "lists in pages": { ok: true, sizes: "3 1" },
    copies: FOX_READ,
    "signs a link": FOX_READ,
    "posts a form": { ...FOX_READ, status: "204" },
    "gets a missing key": { ok: false, code: "NoSuchKey" },
    "reads with a reader's key": FOX_READ,
    "writes with a reader's key": { ok: false, code: "AccessDenied" },
    "uses a wrong secret": { ok: false, code: "SignatureDoesNotMatch" },
    "deletes everything": { ok: true },
  },
  differences: [noReader("reads with a reader's key")],
};
