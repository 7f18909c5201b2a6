import { md5, sha256, type Header } from "../../support/signed.ts";
import { hostile, type Hostile } from "./case.ts";
import { good } from "./site.ts";

const MALFORMED = "400 MalformedXML";
const remove =
  (body: string | Buffer, ...headers: readonly Header[]): Hostile["request"] =>
  (site) =>
    good(site, "POST", "/bucket?delete=", { body, headers });
const object = (inner: string): string => `<Delete><Object>${inner}</Object></Delete>`;
const ONE = object("<Key>k</Key>");
const BOMB = `<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 9 }, (_, i) => `<!ENTITY ${String.fromCharCode(98 + i)} "${`&${String.fromCharCode(97 + i)};`.repeat(10)}">`).join("")}]>`;

/** Documents that the gateway reads before anything is forwarded. */
export const DOCUMENTS: readonly Hostile[] = [
  hostile("an empty DeleteObjects", "400 MissingRequestBodyError", remove("")),
  hostile("a DeleteObjects of spaces", MALFORMED, remove("   \n")),
  hostile("a DeleteObjects without objects", MALFORMED, remove("<Delete/>")),
  hostile(
    "a DeleteObjects with another root",
    MALFORMED,
    remove("<Remove><Object><Key>k</Key></Object></Remove>"),
  ),
  hostile(
    "a DeleteObjects with a prefixed root",
    MALFORMED,
    remove(
      '<s3:Delete xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>k</Key></Object></s3:Delete>',
    ),
  ),
  hostile(
    "a DeleteObjects of another namespace",
    MALFORMED,
    remove(`<Delete xmlns="http://other.example/">${ONE.slice(8)}`),
  ),
  hostile("a DeleteObjects with two roots", MALFORMED, remove(ONE + ONE)),
  hostile("a DeleteObjects with text behind it", MALFORMED, remove(`${ONE}more`)),
  hostile("a DeleteObjects that is JSON", MALFORMED, remove('{"Delete":{"Object":{"Key":"k"}}}')),
  hostile("a DeleteObjects that is cut off", MALFORMED, remove("<Delete><Object><Key>k</Key>")),
  hostile(
    "a DeleteObjects with crossed tags",
    MALFORMED,
    remove("<Delete><Object><Key>k</Object></Key></Delete>"),
  ),
  hostile("a DeleteObjects with a document type", MALFORMED, remove(`<!DOCTYPE Delete>${ONE}`)),
  hostile(
    "a DeleteObjects with an entity of its own",
    MALFORMED,
    remove(`<!DOCTYPE d [<!ENTITY e "k">]>${object("<Key>&e;</Key>")}`),
  ),
  hostile(
    "a DeleteObjects with a file as an entity",
    MALFORMED,
    remove(`<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>${object("<Key>&e;</Key>")}`),
  ),
  hostile(
    "a DeleteObjects with a bomb of entities",
    MALFORMED,
    remove(BOMB + object("<Key>&j;</Key>")),
  ),
  hostile("a DeleteObjects with an unknown entity", MALFORMED, remove(object("<Key>&nbsp;</Key>"))),
  hostile("a DeleteObjects with a reference to NUL", MALFORMED, remove(object("<Key>&#0;</Key>"))),
  hostile(
    "a DeleteObjects with a reference beyond Unicode",
    MALFORMED,
    remove(object("<Key>&#x110000;</Key>")),
  ),
  hostile(
    "a DeleteObjects with a control character",
    MALFORMED,
    remove(object("<Key>k\x01</Key>")),
  ),
  hostile("a DeleteObjects with a processing instruction", MALFORMED, remove(`<?php x?>${ONE}`)),
  hostile(
    "a DeleteObjects that is not UTF-8",
    MALFORMED,
    remove(Buffer.from(object("<Key>k\xe9</Key>"), "latin1")),
  ),
  hostile("a DeleteObjects in UTF-16", MALFORMED, remove(Buffer.from(`\ufeff${ONE}`, "utf16le"))),
  hostile(
    "a DeleteObjects that says Latin-1",
    MALFORMED,
    remove(`<?xml version="1.0" encoding="ISO-8859-1"?>${ONE}`),
  ),
  hostile(
    "a DeleteObjects of 1001 objects",
    MALFORMED,
    remove(`<Delete>${"<Object><Key>k</Key></Object>".repeat(1001)}</Delete>`),
  ),
  hostile(
    "a DeleteObjects of 30 levels",
    MALFORMED,
    remove(`<Delete>${"<a>".repeat(30)}${"</a>".repeat(30)}</Delete>`),
  ),
  hostile("an object without a key", MALFORMED, remove(object("<VersionId>v</VersionId>"))),
  hostile("an object with an empty key", MALFORMED, remove(object("<Key></Key>"))),
  hostile("an object with two keys", MALFORMED, remove(object("<Key>a</Key><Key>b</Key>"))),
  hostile(
    "an object with two versions",
    MALFORMED,
    remove(object("<Key>a</Key><VersionId>1</VersionId><VersionId>2</VersionId>")),
  ),
  hostile(
    "an object with an empty version",
    "400 InvalidArgument",
    remove(object("<Key>a</Key><VersionId></VersionId>")),
  ),
  hostile(
    "an object with an unknown element",
    MALFORMED,
    remove(object("<Key>a</Key><Force>true</Force>")),
  ),
  hostile(
    "an object whose key has an element in it",
    MALFORMED,
    remove(object("<Key>a<b/></Key>")),
  ),
  hostile("an object whose key has an attribute", MALFORMED, remove(object('<Key a="b">a</Key>'))),
  hostile(
    "an object with a key of 1025 bytes",
    "400 KeyTooLongError",
    remove(object(`<Key>${"k".repeat(1025)}</Key>`)),
  ),
  hostile(
    "an unknown element beside the objects",
    MALFORMED,
    remove(`<Delete><Bypass>true</Bypass>${ONE.slice(8)}`),
  ),
  hostile("text between the objects", MALFORMED, remove(`<Delete>text${ONE.slice(8)}`)),
  hostile(
    "a Quiet that is neither true nor false",
    MALFORMED,
    remove(`<Delete><Quiet>maybe</Quiet>${ONE.slice(8)}`),
  ),
  hostile(
    "two Quiets",
    MALFORMED,
    remove(`<Delete><Quiet>true</Quiet><Quiet>false</Quiet>${ONE.slice(8)}`),
  ),
  hostile(
    "a DeleteObjects larger than is read",
    "400 MaxMessageLengthExceeded",
    remove(`<Delete>${" ".repeat(70_000)}${ONE.slice(8)}`),
  ),
  hostile(
    "a DeleteObjects with a wrong Content-MD5",
    "400 BadDigest",
    remove(ONE, ["content-md5", md5("else")]),
  ),
  hostile(
    "a DeleteObjects with a wrong digest",
    "400 XAmzContentSHA256Mismatch",
    remove(ONE, ["x-amz-content-sha256", sha256("else")]),
  ),
  hostile(
    "a DeleteObjects with a wrong checksum",
    "400 BadDigest",
    remove(ONE, ["x-amz-checksum-crc32", "AAAAAA=="]),
  ),
  hostile(
    "a DeleteObjects that is cut off on the way",
    "400 IncompleteBody",
    (site) => ({
      ...good(site, "POST", "/bucket?delete=", { body: ONE }),
      body: Buffer.from("<Del"),
    }),
    { cut: true },
  ),
  hostile("a tagging with a wrong digest", "400 XAmzContentSHA256Mismatch", (site) =>
    good(site, "PUT", "/bucket?tagging=", {
      body: "<Tagging/>",
      headers: [["x-amz-content-sha256", sha256("else")]],
    }),
  ),
  hostile("a policy with a wrong digest", "400 XAmzContentSHA256Mismatch", (site) =>
    good(site, "PUT", "/bucket?policy=", {
      body: "{}",
      headers: [["x-amz-content-sha256", sha256("else")]],
    }),
  ),
  hostile("a policy larger than is read", "400 MaxMessageLengthExceeded", (site) =>
    good(site, "PUT", "/bucket?policy=", { body: " ".repeat(70_000) }),
  ),
  hostile("a lifecycle with a wrong Content-MD5", "400 BadDigest", (site) =>
    good(site, "PUT", "/bucket?lifecycle=", {
      body: "<LifecycleConfiguration/>",
      headers: [["content-md5", md5("else")]],
    }),
  ),
];
