import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { BodyError } from "../../../src/body/body.ts";
import { openForm, type FormLimits } from "../../../src/body/form.ts";
import { FormSpool, type SpooledFile } from "../../../src/gateway/form-spool.ts";
import { cut } from "../../support/chunked.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { readForm } from "../../support/whole-form.ts";

const LIMITS = { fieldBytesMax: 2000, fileBufferBytesMax: 500 };
const TYPE = "multipart/form-data; boundary=XX";

const field = (name: string, value: string): string =>
  `--XX\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const file = (content: string, filename = "f.txt"): string =>
  `--XX\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\nContent-Type: text/plain\r\n\r\n${content}\r\n`;
const END = "--XX--\r\n";

type Outcome = {
  readonly fields: Readonly<Record<string, string>>;
  readonly filename: string;
  readonly length: number;
  readonly content: string;
  readonly code: string;
};

/** The form read in pieces of `step` bytes; a string is the code of a refusal before the file. */
async function read(
  text: string,
  step = Number.MAX_SAFE_INTEGER,
  limits: FormLimits = LIMITS,
  contentType = TYPE,
): Promise<Outcome | string> {
  const bytes = Buffer.from(text);
  const offsets: number[] = [];
  for (let at = step; at < bytes.length; at += step) offsets.push(at);
  const form = await readForm(cut(bytes, ...offsets), contentType, bytes.length, limits);
  if (!form.ok) return form.error.code;
  const { fields, file } = form.value;
  let content = "";
  let code = "none";
  try {
    for await (const piece of file.body) content += piece.toString();
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    ({ code } = error.fault);
  }
  return {
    fields: Object.fromEntries(fields),
    filename: file.filename,
    length: file.length,
    content,
    code,
  };
}

const BIG = "\r\n--X data \r\n".repeat(100);

for (const [name, content] of [
  ["a small file", "hello\r\nworld"],
  ["an empty file", ""],
  ["a file that almost contains the boundary", "\r\n--X\r\n--\r\n--Y\r\n\r\n-"],
  ["a large file", BIG],
] as const) {
  test(`readForm() reads fields and ${name}, from any pieces`, async () => {
    const text = field("Key", "a/${filename}") + field("policy", "p") + file(content) + END;
    const expected = {
      fields: { key: "a/f.txt", policy: "p" },
      filename: "f.txt",
      length: content.length,
      content,
      code: "none",
    };
    for (const step of [text.length, 1, 2, 3, 7, 100])
      assert.deepEqual(await read(text, step), expected);
  });
}

test("readForm() streams a large file while it comes", async () => {
  const head = Buffer.from(file("").slice(0, -2));
  const pieces = [head, Buffer.alloc(800, "a"), Buffer.alloc(800, "b"), Buffer.from(`\r\n${END}`)];
  let sent = 0;
  async function* source(): AsyncGenerator<Buffer> {
    for (const piece of pieces) {
      sent++;
      yield piece;
    }
  }
  const form = await readForm(source(), TYPE, Buffer.concat(pieces).length, LIMITS);
  assert.ok(form.ok);
  assert.equal(sent, 1);
  assert.equal(form.value.file.length, 1600);
  const body = form.value.file.body[Symbol.asyncIterator]();
  assert.equal((await body.next()).value.toString(), "a".repeat(800));
  assert.equal(sent, 3);
});

test("openForm() reads no piece more than its fields are in, and the file only when it is asked for", async () => {
  const text = KEY + file("x".repeat(100)) + END;
  const pieces = [Buffer.from(text.slice(0, -60)), Buffer.from(text.slice(-60))];
  let sent = 0;
  async function* source(): AsyncGenerator<Buffer> {
    for (const piece of pieces) {
      sent++;
      yield await Promise.resolve(piece);
    }
  }
  const form = await openForm(source(), TYPE, Buffer.byteLength(text), LIMITS);
  assert.ok(form.ok);
  assert.deepEqual([sent, form.value.fileBytesMax], [1, 100]);
  const whole = await form.value.file();
  assert.ok(whole.ok);
  assert.deepEqual([sent, whole.value.length], [2, 100]);
});

test("openForm() knows the most that a file can have where fields follow it", async () => {
  const text = KEY + file("x") + field("submit", "Upload") + END;
  const form = await openForm(cut(Buffer.from(text)), TYPE, Buffer.byteLength(text), LIMITS);
  assert.ok(form.ok);
  assert.equal(form.value.fileBytesMax, 1 + field("submit", "Upload").length);
  const whole = await form.value.file();
  assert.equal(whole.ok && whole.value.length, 1);
});

test("readForm() ignores fields after a small file", async () => {
  const outcome = await read(field("key", "k") + file("x") + field("key", "evil") + END);
  assert.ok(typeof outcome !== "string");
  assert.deepEqual([outcome.fields, outcome.content, outcome.code], [{ key: "k" }, "x", "none"]);
});

test("readForm() takes a field with a filename for a field, as Python's requests sends all of them", async () => {
  const part = '--XX\r\nContent-Disposition: form-data; name="key"; filename="key"\r\n\r\nk\r\n';
  const outcome = await read(part + file("x") + END);
  assert.ok(typeof outcome !== "string");
  assert.deepEqual(outcome.fields, { key: "k" });
});

test("readForm() returns a filename as UTF-8, directories and all, and puts only its last part in the key", async () => {
  const outcome = await read(field("key", "${filename}") + file("x", "C:/tmp/käse.txt") + END);
  assert.ok(typeof outcome !== "string");
  assert.equal(outcome.filename, "C:/tmp/käse.txt");
  assert.deepEqual(outcome.fields, { key: "käse.txt" });
});

test("readForm() refuses a long filename that a field names again and again", async () => {
  const name = "n".repeat(500);
  const times = (count: number): string => field("key", "${filename}".repeat(count));
  const fitting = await read(times(4) + file("x", name) + END);
  assert.ok(typeof fitting !== "string");
  assert.equal(fitting.fields["key"], name.repeat(4));
  const outcome = await read(times(5) + file("x", name) + END);
  assert.equal(outcome, "MaxPostPreDataLengthExceededError");
});

test("readForm() reads what Node's own FormData writes", async () => {
  const form = new FormData();
  form.set("key", 'ü "quoted"');
  form.set("file", new File(["some\r\ndata"], "photo.jpg", { type: "image/jpeg" }));
  const response = new Response(form);
  const text = await response.clone().text();
  const outcome = await read(text, 10, LIMITS, response.headers.get("content-type") ?? "");
  const fields = { key: 'ü "quoted"' };
  assert.deepEqual(outcome, {
    fields,
    filename: "photo.jpg",
    length: 10,
    content: "some\r\ndata",
    code: "none",
  });
});

test("readForm() passes over what follows the closing boundary of a small form", async () => {
  const outcome = await read(`${KEY}${file("x")}${END}tail data`);
  assert.ok(typeof outcome !== "string");
  assert.deepEqual([outcome.content, outcome.code], ["x", "none"]);
});

test("readForm() takes a closing boundary without line break at the end of a small form", async () => {
  const outcome = await read(field("key", "k") + file("x") + "--XX--");
  assert.ok(typeof outcome !== "string");
  assert.equal(outcome.content, "x");
});

const KEY = field("key", "k");
const REFUSED = [
  ["a form without file", KEY + END, "InvalidArgument"],
  ["two files in a small form", KEY + file("x") + file("y") + END, "InvalidArgument"],
  ["a field twice", KEY + KEY + file("x") + END, "InvalidArgument"],
  ["a field twice in other case", KEY + field("KEY", "evil") + file("x") + END, "InvalidArgument"],
  [
    "text before the first boundary",
    `preamble\r\n${KEY}${file("x")}${END}`,
    "MalformedPOSTRequest",
  ],
  ["text behind a boundary", `${KEY}--XX junk\r\n${END}`, "MalformedPOSTRequest"],
  [
    "a part without Content-Disposition",
    `--XX\r\nContent-Type: text/plain\r\n\r\nv\r\n${file("x")}${END}`,
    "MalformedPOSTRequest",
  ],
  [
    "a part with two Content-Dispositions",
    '--XX\r\nContent-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="key"\r\n\r\nv\r\n' +
      file("x") +
      END,
    "MalformedPOSTRequest",
  ],
  [
    "a part without name",
    `--XX\r\nContent-Disposition: form-data\r\n\r\nv\r\n${file("x")}${END}`,
    "MalformedPOSTRequest",
  ],
  ["an empty name", field("", "v") + file("x") + END, "MalformedPOSTRequest"],
  [
    "a disposition that is not form-data",
    '--XX\r\nContent-Disposition: attachment; name="a"\r\n\r\nv\r\n' + file("x") + END,
    "MalformedPOSTRequest",
  ],
  [
    "a folded header line",
    '--XX\r\nContent-Disposition: form-data;\r\n name="a"\r\n\r\nv\r\n' + file("x") + END,
    "MalformedPOSTRequest",
  ],
  ["a part without head", `--XX\r\n\r\nv\r\n${file("x")}${END}`, "MalformedPOSTRequest"],
  [
    "a base64 part",
    `--XX\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\ndg==\r\n${file("x")}${END}`,
    "MalformedPOSTRequest",
  ],
  [
    "too much before the file",
    field("x", "v".repeat(2000)) + file("x") + END,
    "MaxPostPreDataLengthExceededError",
  ],
  [
    "a head that never ends",
    `--XX\r\nContent-Disposition: form-data; name="${"a".repeat(3000)}`,
    "MaxPostPreDataLengthExceededError",
  ],
  ["a form that ends in a field", KEY.slice(0, -4), "MalformedPOSTRequest"],
  ["a small form without closing boundary", KEY + file("x"), "MalformedPOSTRequest"],
  ["nothing at all", "", "MalformedPOSTRequest"],
] as const;

for (const [name, text, code] of REFUSED) {
  test(`readForm() refuses ${name}`, async () => {
    assert.equal(await read(text), code);
    assert.equal(await read(text, 1), code);
  });
}

test("readForm() refuses a field that is not UTF-8", async () => {
  const bytes = Buffer.from(KEY.replace("\r\nk\r\n", "\r\n\xff\r\n") + file("x") + END, "latin1");
  const form = await readForm(cut(bytes), TYPE, bytes.length, LIMITS);
  assert.ok(!form.ok);
  assert.equal(form.error.code, "MalformedPOSTRequest");
});

test("readForm() refuses too many fields after a small file", async () => {
  const many = field("a", "v").repeat(5);
  const limits = { fieldBytesMax: 200, fileBufferBytesMax: 100_000 };
  assert.equal(await read(file("x") + many + END, 10, limits), "MaxPostPreDataLengthExceededError");
});

test("readForm() refuses a small form that is shorter than its Content-Length", async () => {
  const text = Buffer.from(KEY + file("x") + END);
  const form = await readForm(cut(text), TYPE, text.length + 1, LIMITS);
  assert.ok(!form.ok);
  assert.equal(form.error.code, "IncompleteBody");
});

test("readForm() refuses a request without Content-Length", async () => {
  const form = await readForm(cut(Buffer.from(KEY)), TYPE, undefined, LIMITS);
  assert.ok(!form.ok);
  assert.equal(form.error.code, "MissingContentLength");
});

for (const type of [
  "multipart/form-data",
  "multipart/mixed; boundary=XX",
  "multipart/form-data; boundary=",
  `multipart/form-data; boundary=${"X".repeat(71)}`,
  "multipart/form-data; boundary=XX; boundary=YY",
  'multipart/form-data; boundary="X\\"X"',
]) {
  test(`readForm() refuses the Content-Type ${type}`, async () => {
    assert.equal(await read(KEY + file("x") + END, 10, LIMITS, type), "MalformedPOSTRequest");
  });
}

const REFUSED_LARGE = [
  ["a field behind it", KEY + file(BIG) + field("late", "v") + END, "MalformedPOSTRequest"],
  ["a second file behind it", KEY + file(BIG) + file("y") + END, "MalformedPOSTRequest"],
  ["a boundary inside it", KEY + file(`x\r\n--XX\r\n${BIG}`) + END, "MalformedPOSTRequest"],
  ["no line break at the end", KEY + file(BIG) + END.slice(0, -2), "MalformedPOSTRequest"],
  ["no closing boundary", KEY + file(BIG), "MalformedPOSTRequest"],
  ["an epilogue", KEY + file(BIG) + END + "x", "MalformedPOSTRequest"],
] as const;

for (const [name, text, code] of REFUSED_LARGE) {
  test(`readForm() refuses a large file with ${name} and never completes it`, async () => {
    for (const step of [text.length, 1, 5, 64]) {
      const outcome = await read(text, step);
      assert.ok(typeof outcome !== "string");
      assert.equal(outcome.code, code);
      assert.ok(outcome.content.length < outcome.length);
    }
  });
}

test("readForm() refuses a large form that is cut short", async () => {
  const bytes = Buffer.from(KEY + file(BIG) + END);
  const form = await readForm(cut(bytes.subarray(0, -1), 300), TYPE, bytes.length, LIMITS);
  assert.ok(form.ok);
  await assert.rejects(
    async () => {
      for await (const _piece of form.value.file.body);
    },
    (error) => error instanceof BodyError && error.fault.code === "IncompleteBody",
  );
});

test("readForm() refuses bytes after a large form at once, without reading them all", async () => {
  const text = KEY + file(BIG) + END;
  async function* source(): AsyncGenerator<Buffer> {
    yield Buffer.from(text);
    yield Buffer.from("x");
    throw new Error("read on");
  }
  const form = await readForm(source(), TYPE, Buffer.byteLength(text), LIMITS);
  assert.ok(form.ok);
  await assert.rejects(
    async () => {
      for await (const _piece of form.value.file.body);
    },
    (error) => error instanceof BodyError && error.fault.code === "MalformedPOSTRequest",
  );
});

/** A folder of one test, and what is written of its forms. */
function spool(t: TestContext, bytesMax = 1_000_000): { folder: string; limits: FormLimits } {
  const folder = scratchFolder("spool");
  const files = new FormSpool({ directory: folder, bytesMax, accountBytesMax: bytesMax });
  const begun: SpooledFile[] = [];
  t.after(() => {
    for (const one of begun) one.close();
    assert.equal(files.bytes, 0);
  });
  const begin = async (): Promise<SpooledFile> => {
    const one = await files.begin(0, "lab");
    begun.push(one);
    return one;
  };
  return { folder, limits: { ...LIMITS, spool: begin } };
}

const BEHIND = [
  ["nothing", END],
  ["a button", field("submit", "Upload") + END],
  ["another key and another policy", field("key", "evil") + field("policy", "evil") + END],
  ["no line break at the end", END.slice(0, -2)],
  ["a field, and no line break at the end", field("submit", "Upload") + END.slice(0, -2)],
  ["an epilogue", `${END}tail data`],
] as const;

for (const [name, behind] of BEHIND) {
  test(`readForm() with a spool takes a large file with ${name} after it, from any pieces`, async (t) => {
    const { folder, limits } = spool(t);
    const text = KEY + file(BIG) + behind;
    for (const step of [text.length, 1, 2, 3, 7, 100]) {
      const outcome = await read(text, step, limits);
      assert.ok(typeof outcome !== "string");
      const { fields, content, code, length } = outcome;
      assert.deepEqual([fields, content, code, length], [{ key: "k" }, BIG, "none", BIG.length]);
    }
    assert.deepEqual(readdirSync(folder), []);
  });
}

const REFUSED_SPOOLED = [
  ["a second file behind it", KEY + file(BIG) + file("y") + END, "InvalidArgument"],
  ["no closing boundary", KEY + file(BIG), "MalformedPOSTRequest"],
  ["a field behind it that has no end", KEY + file(BIG) + KEY.slice(0, -4), "MalformedPOSTRequest"],
  ["text behind its boundary", `${KEY}${file(BIG)}--XX junk\r\n${END}`, "MalformedPOSTRequest"],
  [
    "too many fields behind it",
    KEY + file(BIG) + field("a", "v").repeat(50) + END,
    "MaxPostPreDataLengthExceededError",
  ],
] as const;

for (const [name, text, code] of REFUSED_SPOOLED) {
  test(`readForm() with a spool refuses a large file with ${name}`, async (t) => {
    const { limits } = spool(t);
    for (const step of [text.length, 1, 64]) assert.equal(await read(text, step, limits), code);
  });
}

test("readForm() with a spool ends a file at its first boundary, as a small one's", async (t) => {
  const { limits } = spool(t);
  const inside = `${BIG}\r\n--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\nrest`;
  const outcome = await read(KEY + file(inside) + END, 5, limits);
  assert.ok(typeof outcome !== "string");
  assert.deepEqual([outcome.content, outcome.length], [BIG, BIG.length]);
});

test("readForm() refuses a file that the spool has no room for", async (t) => {
  const { limits } = spool(t, BIG.length - 1);
  assert.equal(await read(KEY + file(BIG) + END, 100, limits), "SlowDown");
});

test("readForm() refuses a large file while the spool's folder is missing", async () => {
  const place = { directory: "/nowhere", bytesMax: 1_000_000, accountBytesMax: 1_000_000 };
  const files = new FormSpool(place);
  const limits = { ...LIMITS, spool: (bytesMin: number) => files.begin(bytesMin, "lab") };
  assert.equal(await read(KEY + file(BIG) + END, 100, limits), "ServiceUnavailable");
});

test("readForm() refuses a large form that is cut short before it was spooled whole", async (t) => {
  const { limits } = spool(t);
  const bytes = Buffer.from(KEY + file(BIG) + END);
  const form = await readForm(cut(bytes.subarray(0, -1), 300), TYPE, bytes.length, limits);
  assert.ok(!form.ok);
  assert.equal(form.error.code, "IncompleteBody");
});
