import assert from "node:assert/strict";
import { test } from "node:test";
import {
  mergeDeleteResult,
  deleteReader,
  type DeleteRequest,
  writeDeleteObjects,
} from "../../../src/s3/delete-objects.ts";
import { err, type Result } from "../../../src/lib/result.ts";
import type { Fault } from "../../../src/s3/faults.ts";

const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

function read(body: Buffer): Result<DeleteRequest, Fault> {
  const { reader, end } = deleteReader();
  const wrong = reader.push(body);
  return wrong === undefined ? end() : err(wrong);
}

function parsed(xml: string): unknown {
  const request = read(Buffer.from(xml));
  if (!request.ok) return request.error.code;
  const { quiet, entries } = request.value;
  return [quiet, ...entries.map(({ key, versionId }) => [key, versionId])];
}

const requests = [
  ["one key", "<Delete><Object><Key>a</Key></Object></Delete>", [false, ["a", undefined]]],
  ["no key, which is for the decision to refuse", "<Delete/>", [false]],
  ["quiet alone", "<Delete><Quiet>true</Quiet></Delete>", [true]],
  [
    "what boto3 sends",
    `<Delete xmlns="${NAMESPACE}"><Object><Key>a</Key></Object><Object><Key>b</Key><VersionId>v</VersionId></Object></Delete>`,
    [false, ["a", undefined], ["b", "v"]],
  ],
  [
    "an indented document with a declaration",
    '<?xml version="1.0" encoding="UTF-8"?>\n<Delete>\n  <Quiet>true</Quiet>\n  <Object>\n    <Key>a b</Key>\n  </Object>\n</Delete>\n',
    [true, ["a b", undefined]],
  ],
  [
    "quiet at the end",
    "<Delete><Object><Key>a</Key></Object><Quiet>false</Quiet></Delete>",
    [false, ["a", undefined]],
  ],
  [
    "quiet on a line of its own",
    "<Delete><Quiet>\n true\n</Quiet><Object><Key>a</Key></Object></Delete>",
    [true, ["a", undefined]],
  ],
  [
    "spaces of a key",
    "<Delete><Object><Key> a </Key></Object></Delete>",
    [false, [" a ", undefined]],
  ],
  [
    "dots, slashes and escapes of a key",
    "<Delete><Object><Key>//../a%2Fb&amp;&#10;+</Key></Object></Delete>",
    [false, ["//../a%2Fb&\n+", undefined]],
  ],
  [
    "a key like a number",
    "<Delete><Object><Key>007</Key></Object></Delete>",
    [false, ["007", undefined]],
  ],
  [
    "a key like markup",
    "<Delete><Object><Key><![CDATA[</Key>]]></Key></Object></Delete>",
    [false, ["</Key>", undefined]],
  ],
  [
    "the null version",
    "<Delete><Object><Key>a</Key><VersionId>null</VersionId></Object></Delete>",
    [false, ["a", "null"]],
  ],
  [
    "the same key twice",
    "<Delete><Object><Key>a</Key></Object><Object><Key>a</Key></Object></Delete>",
    [false, ["a", undefined], ["a", undefined]],
  ],
] as const;

for (const [name, xml, wanted] of requests) {
  test(`deleteReader() reads ${name}`, () => assert.deepEqual(parsed(xml), wanted));
}

const OBJECT = "<Object><Key>a</Key></Object>";
const refused = [
  ["an empty body", "", "MalformedXML"],
  ["JSON", '{"Delete":{}}', "MalformedXML"],
  ["another root", `<Deletes>${OBJECT}</Deletes>`, "MalformedXML"],
  ["a root in another case", `<delete>${OBJECT}</delete>`, "MalformedXML"],
  ["1001 objects", `<Delete>${OBJECT.repeat(1001)}</Delete>`, "MalformedXML"],
  ["an unknown element", `<Delete>${OBJECT}<Force>true</Force></Delete>`, "MalformedXML"],
  [
    "an unknown element of an object",
    "<Delete><Object><Key>a</Key><Owner>x</Owner></Object></Delete>",
    "MalformedXML",
  ],
  ["an element in another case", "<Delete><Object><key>a</key></Object></Delete>", "MalformedXML"],
  ["two keys", "<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>", "MalformedXML"],
  [
    "two versions",
    "<Delete><Object><Key>a</Key><VersionId>1</VersionId><VersionId>2</VersionId></Object></Delete>",
    "MalformedXML",
  ],
  [
    "two quiets",
    `<Delete><Quiet>true</Quiet><Quiet>false</Quiet>${OBJECT}</Delete>`,
    "MalformedXML",
  ],
  ["no key", "<Delete><Object><VersionId>1</VersionId></Object></Delete>", "MalformedXML"],
  ["an empty key", "<Delete><Object><Key></Key></Object></Delete>", "MalformedXML"],
  ["a key with elements", "<Delete><Object><Key>a<b/></Key></Object></Delete>", "MalformedXML"],
  [
    "an object inside a key",
    `<Delete><Object><Key>${OBJECT}</Key></Object></Delete>`,
    "MalformedXML",
  ],
  ["text between objects", `<Delete>${OBJECT}x</Delete>`, "MalformedXML"],
  ["text in an object", "<Delete><Object>x<Key>a</Key></Object></Delete>", "MalformedXML"],
  ["a quiet that is neither", `<Delete><Quiet>yes</Quiet>${OBJECT}</Delete>`, "MalformedXML"],
  ["a quiet with elements", `<Delete><Quiet>true<x/></Quiet>${OBJECT}</Delete>`, "MalformedXML"],
  ["another namespace", `<Delete xmlns="urn:x">${OBJECT}</Delete>`, "MalformedXML"],
  ["a namespace prefix", `<s:Delete xmlns:s="${NAMESPACE}">${OBJECT}</s:Delete>`, "MalformedXML"],
  ["a prefixed second namespace", `<Delete xmlns:x="urn:x">${OBJECT}</Delete>`, "MalformedXML"],
  [
    "the namespace as another attribute",
    `<Delete ns="${NAMESPACE}">${OBJECT}</Delete>`,
    "MalformedXML",
  ],
  [
    "a namespace on an object",
    `<Delete><Object xmlns="urn:x"><Key>a</Key></Object></Delete>`,
    "MalformedXML",
  ],
  [
    "a namespace on a key",
    `<Delete><Object><Key xmlns="urn:x">a</Key></Object></Delete>`,
    "MalformedXML",
  ],
  [
    "a namespace on what comes behind a key",
    `<Delete><Object><Key>a</Key><VersionId xmlns="urn:x">v</VersionId></Object></Delete>`,
    "MalformedXML",
  ],
  [
    "a comment of more than 64 Ki characters",
    `<Delete><!--${"x".repeat(65_536)}-->${OBJECT}</Delete>`,
    "MalformedXML",
  ],
  ["a DTD", `<!DOCTYPE Delete><Delete>${OBJECT}</Delete>`, "MalformedXML"],
  ["an entity in a key", "<Delete><Object><Key>&x;</Key></Object></Delete>", "MalformedXML"],
  ["NUL in a key", "<Delete><Object><Key>a&#0;</Key></Object></Delete>", "MalformedXML"],
  [
    "an empty version",
    "<Delete><Object><Key>a</Key><VersionId></VersionId></Object></Delete>",
    "InvalidArgument",
  ],
  [
    "a key of 1025 bytes",
    `<Delete><Object><Key>${"k".repeat(1025)}</Key></Object></Delete>`,
    "KeyTooLongError",
  ],
] as const;

for (const [name, xml, code] of refused) {
  test(`deleteReader() refuses ${name}`, () => assert.equal(parsed(xml), code));
}

test("deleteReader() takes exactly 1000 objects, of all that an object can have", () => {
  const object = `<Object><Key>a</Key><VersionId>v</VersionId><ETag>e</ETag><LastModifiedTime>t</LastModifiedTime><Size>3</Size></Object>`;
  const xml = `<Delete><Quiet>true</Quiet>${object.repeat(1000)}</Delete>`;
  const request = read(Buffer.from(xml));
  assert.equal(request.ok && request.value.entries.length, 1000);
});

test("deleteReader() reads the conditions as sent", () => {
  const request = read(
    Buffer.from(
      '<Delete><Object><Key>a</Key><ETag>"e"</ETag><LastModifiedTime>t</LastModifiedTime><Size>3</Size></Object></Delete>',
    ),
  );
  assert.deepEqual(request.ok && request.value.entries, [
    { key: "a", versionId: undefined, eTag: '"e"', lastModifiedTime: "t", size: "3" },
  ]);
});

test("writeDeleteObjects() says just what was parsed", () => {
  const request = {
    quiet: true,
    entries: [
      { key: " <a>\r\n&", versionId: "v", eTag: '"e"', lastModifiedTime: "t", size: "3" },
      {
        key: "b",
        versionId: undefined,
        eTag: undefined,
        lastModifiedTime: undefined,
        size: undefined,
      },
    ],
  };
  const body = writeDeleteObjects(request);
  assert.equal(
    body.toString(),
    `<?xml version="1.0" encoding="UTF-8"?><Delete xmlns="${NAMESPACE}"><Quiet>true</Quiet>` +
      '<Object><Key> &lt;a&gt;&#13;&#10;&amp;</Key><VersionId>v</VersionId><ETag>"e"</ETag>' +
      "<LastModifiedTime>t</LastModifiedTime><Size>3</Size></Object><Object><Key>b</Key></Object></Delete>",
  );
  const again = read(body);
  assert.deepEqual(again.ok && again.value, request);
});

test("writeDeleteObjects() does not say that it is not quiet", () => {
  const request = read(Buffer.from(`<Delete><Quiet>false</Quiet>${OBJECT}</Delete>`));
  assert.ok(request.ok);
  assert.equal(
    writeDeleteObjects(request.value).toString(),
    `<?xml version="1.0" encoding="UTF-8"?><Delete xmlns="${NAMESPACE}">${OBJECT}</Delete>`,
  );
});

const DENIED = [
  { key: "<a>", versionId: "v", code: "AccessDenied", message: "No & never" },
  { key: "b", code: "AccessDenied", message: "No" },
];
const ERRORS =
  "<Error><Key>&lt;a&gt;</Key><VersionId>v</VersionId><Code>AccessDenied</Code><Message>No &amp; never</Message></Error>" +
  "<Error><Key>b</Key><Code>AccessDenied</Code><Message>No</Message></Error>";

const merges = [
  [
    "the store's result",
    `<?xml version="1.0"?><DeleteResult xmlns="${NAMESPACE}"><Deleted><Key>c</Key></Deleted></DeleteResult>`,
    `<?xml version="1.0"?><DeleteResult xmlns="${NAMESPACE}"><Deleted><Key>c</Key></Deleted>${ERRORS}</DeleteResult>`,
  ],
  [
    "a result that a quiet request left empty",
    `<DeleteResult xmlns="${NAMESPACE}"></DeleteResult>\n`,
    `<DeleteResult xmlns="${NAMESPACE}">${ERRORS}</DeleteResult>\n`,
  ],
  [
    "a self-closed result, whose namespace has slashes",
    `<?xml version="1.0"?><DeleteResult xmlns="${NAMESPACE}" />`,
    `<?xml version="1.0"?><DeleteResult xmlns="${NAMESPACE}" >${ERRORS}</DeleteResult>`,
  ],
  ["a self-closed result alone", "<DeleteResult/>", `<DeleteResult>${ERRORS}</DeleteResult>`],
  [
    "no result, since nothing was forwarded",
    "",
    `<?xml version="1.0" encoding="UTF-8"?><DeleteResult xmlns="${NAMESPACE}">${ERRORS}</DeleteResult>`,
  ],
  [
    "an error document, which stays as it is",
    "<Error><Code>X</Code><Message/></Error>",
    "<Error><Code>X</Code><Message/></Error>",
  ],
] as const;

for (const [name, storeXml, wanted] of merges) {
  test(`mergeDeleteResult() adds denied entries to ${name}`, () => {
    assert.equal(mergeDeleteResult(storeXml, DENIED), wanted);
  });
}
