/**
 * A form's file name goes into every field, and whoever sends the form chooses it: no name may end a
 * header, begin another, or make the store read another value than the form's policy judged.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { OWNER, startFlow, type Flow } from "../support/flow.ts";
import { BOUNDARY, multipart, policyParts, type Part } from "../support/forms.ts";
import { codeOf } from "../support/raw-client.ts";
import { startRawStore } from "../support/scripted-store.ts";
import { bytesOf } from "../support/signed.ts";

type Site = Flow & {
  /** The heads that the store received, one character a byte. */
  readonly heads: string[];
};

/** A store that takes small uploads as bytes: no parser hides a line that should not be there. */
async function site(t: TestContext): Promise<Site> {
  const heads: string[] = [];
  const store = await startRawStore((socket, received) => {
    const text = received.toString("latin1");
    if (!text.endsWith(CONTENT)) return;
    heads.push(text.slice(0, text.indexOf("\r\n\r\n")));
    socket.end('HTTP/1.1 200 OK\r\netag: "e"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  });
  t.after(store.stop);
  return { ...(await startFlow(t, store.endpoint)), heads };
}

const CONTENT = "the end of the file";

type Name = {
  /** The parameter of Content-Disposition, one character a byte. */
  readonly parameter: string;
  /** The name that it says, without directories. */
  readonly name: string;
};

const latin1 = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
const quoted = (name: string): Name => ({ parameter: `filename="${latin1(name)}"`, name });
const encoded = (name: string): Name => ({
  parameter: `filename*=UTF-8''${encodeURIComponent(name)}`,
  name,
});

/** Sends a form of which field `field` is `a${filename}z`, and whose policy asks for just `value`. */
async function post(
  flow: Flow,
  field: string,
  parameter: string,
  value: string,
): Promise<string | number> {
  const key = field === "key" ? [] : [{ name: "key", value: "k" }];
  const conditions = [
    { bucket: "bucket" },
    ["starts-with", "$key", ""],
    ["eq", `$${field}`, value],
  ];
  const signed = policyParts(OWNER, flow.scope, { expiresMs: Date.now() + 600_000, conditions });
  const parts: readonly Part[] = [...key, { name: field, value: "a${filename}z" }, ...signed];
  const file = multipart([{ name: "file", value: CONTENT, filename: "" }]);
  const form = multipart(parts).replace(`--${BOUNDARY}--\r\n`, () => file);
  const body = Buffer.from(
    form.replace('filename=""', () => parameter),
    "latin1",
  );
  const client = await flow.connect();
  client.write(
    bytesOf({
      method: "POST",
      target: "/bucket",
      headers: [
        ["host", flow.gateway.address],
        ["content-type", `multipart/form-data; boundary=${BOUNDARY}`],
        ["content-length", String(body.length)],
      ],
      body,
    }),
  );
  const answer = await client.answer();
  return codeOf(answer) || answer.status;
}

/** The header's value among the lines of `head`; undefined unless it is there once. */
function lineOf(head: string, name: string): string | undefined {
  const lines = head.split("\r\n").filter((line) => line.startsWith(`${name}: `));
  return lines.length === 1 ? lines[0]?.slice(name.length + 2) : undefined;
}

/** Fields that a header carries, whatever their value. */
const FREE = ["content-disposition", "content-type", "x-amz-meta-of", "cache-control"];

/** Names of which a header's value can be made. */
const GOOD: readonly Name[] = [
  quoted("x"),
  quoted("a:b; c=d, e"),
  quoted("${filename}"),
  quoted("$&$1$'"),
  quoted("%0d%0aX-Evil: 1"),
  quoted("caf\u00e9"),
  // As one byte a character, these would be CR LF and NUL.
  quoted("\u010d\u010aX-Evil: 1\u0100"),
  encoded("\u010d\u010aX-Evil: 1\u0100"),
  // Line ends of Unicode, which are no line ends of HTTP.
  encoded("\u0085X-Evil: 1\u2028"),
  encoded("\u{1f600}"),
];

test("the store receives the very value that the policy judged, and no other line", async (t) => {
  const flow = await site(t);
  for (const field of FREE) {
    for (const { parameter, name } of GOOD) {
      const told = `${field} with ${parameter}`;
      const value = `a${name}z`;
      assert.equal(await post(flow, field, parameter, value), 204, told);
      const head = flow.heads.pop() ?? "";
      assert.equal(lineOf(head, field), latin1(value), told);
      assert.doesNotMatch(head, /^x-evil/im, told);
    }
  }
  assert.deepEqual(flow.heads, []);
});

/** Names with a line end, which no file has. */
const BROKEN: readonly Name[] = [
  encoded("\r\nX-Evil: 1"),
  encoded("\nX-Evil: 1"),
  encoded("\rX-Evil: 1"),
];

/** Names that no header can carry. */
const BAD: readonly Name[] = [encoded("\0"), encoded("\u007f"), encoded("\t")];

test("a name with a control character goes into no header", async (t) => {
  const flow = await site(t);
  for (const field of FREE) {
    for (const { parameter, name } of BAD) {
      assert.equal(await post(flow, field, parameter, `a${name}z`), "InvalidArgument", parameter);
    }
  }
  assert.deepEqual(flow.heads, []);
});

test("a name with a line end is refused wherever it goes", async (t) => {
  const flow = await site(t);
  for (const field of [...FREE, "key", "success_action_redirect"]) {
    for (const { parameter, name } of BROKEN) {
      const outcome = await post(flow, field, parameter, `a${name}z`);
      assert.equal(outcome, "MalformedPOSTRequest", `${field} with ${parameter}`);
    }
  }
  assert.deepEqual(flow.heads, []);
});

test("a name with a control character in the key stays within the target", async (t) => {
  const flow = await site(t);
  for (const { parameter, name } of [...GOOD, ...BAD]) {
    const outcome = await post(flow, "key", parameter, `a${name}z`);
    if (name === "\0") assert.equal(outcome, "InvalidArgument");
    else {
      assert.equal(outcome, 204, parameter);
      const [line = "", ...fields] = (flow.heads.pop() ?? "").split("\r\n");
      const path = /^PUT \/bucket\/(\S+) HTTP\/1\.1$/.exec(line)?.[1] ?? "";
      assert.equal(decodeURIComponent(path), `a${name}z`);
      assert.doesNotMatch(fields.join("\n"), /x-evil/i);
    }
  }
  assert.deepEqual(flow.heads, []);
});

test("the policy judges a field with the name in it, not as it was written", async (t) => {
  const flow = await site(t);
  for (const field of ["acl", "x-amz-storage-class", "key", "x-amz-meta-of"]) {
    assert.equal(await post(flow, field, 'filename="b"', "a${filename}z"), "AccessDenied", field);
    assert.equal(await post(flow, field, 'filename="b"', "az"), "AccessDenied", field);
  }
  assert.deepEqual(flow.heads, []);
});
