import { streamed } from "../../support/framing.ts";
import { bytesOf, plus, without } from "../../support/signed.ts";
import { hostile, type Hostile } from "./case.ts";
import { good, KEYS, plain, type Site } from "./site.ts";

/** The bytes of a good GET with `change` done to its text. */
function mangled(change: (text: string, site: Site) => string): Hostile["request"] {
  return (site) => {
    const text = bytesOf(good(site, "GET", "/bucket/key")).toString("latin1");
    const changed = change(text, site);
    if (changed === text) throw new Error("Nothing was changed");
    return Buffer.from(changed, "latin1");
  };
}

const withLine = (line: string): Hostile["request"] =>
  mangled((text) => text.replace("\r\n\r\n", `\r\n${line}\r\n\r\n`));
const requestLine = (line: string): Hostile["request"] =>
  mangled((text) => text.replace(/^.*?\r\n/, `${line}\r\n`));
/** A good PUT with the length said in another way. */
const upload = (...headers: readonly (readonly [string, string])[]): Hostile["request"] => {
  return (site) =>
    plus(without(good(site, "PUT", "/bucket/key", { body: "data" }), "content-length"), ...headers);
};

/** A good aws-chunked upload that comes in HTTP chunks, which `coding` makes of it. */
function inChunks(coding: (body: string) => string): Hostile["request"] {
  return (site) => {
    const request = plain(site, "PUT", "/bucket/key", {
      headers: [["transfer-encoding", "chunked"]],
    });
    const framed = streamed(request, KEYS.owner, site.scope, {
      kind: "unsigned-trailer",
      chunks: ["data"],
    });
    return { ...framed, body: Buffer.from(coding(framed.body.toString("latin1")), "latin1") };
  };
}

/** Requests that are not HTTP/1.1 as RFC 9112 has it, or more of it than is read. */
export const SYNTAX: readonly Hostile[] = [
  hostile(
    "a bare LF behind the request line",
    "400 InvalidRequest",
    mangled((text) => text.replace("\r\n", "\n")),
  ),
  hostile(
    "bare LFs all over",
    "400 InvalidRequest",
    mangled((text) => text.replaceAll("\r\n", "\n")),
  ),
  hostile("a bare CR in a header", "400 InvalidRequest", withLine("x-odd: a\rb")),
  hostile("an obs-fold", "400 InvalidRequest", withLine("x-odd: a\r\n b")),
  hostile("an obs-fold with a tab", "400 InvalidRequest", withLine("x-odd: a\r\n\tb")),
  hostile(
    "a first header that begins with a space",
    "400 InvalidRequest",
    mangled((text) => text.replace("\r\n", "\r\n x-odd: a\r\n")),
  ),
  hostile("a NUL in a header value", "400 InvalidRequest", withLine("x-odd: a\0b")),
  hostile("a control character in a header value", "400 InvalidRequest", withLine("x-odd: a\x01b")),
  hostile("a DEL in a header value", "400 InvalidRequest", withLine("x-odd: a\x7fb")),
  hostile("a NUL in a header name", "400 InvalidRequest", withLine("x-o\0dd: a")),
  hostile("a space before the colon", "400 InvalidRequest", withLine("x-odd : a")),
  hostile("a space within a header name", "400 InvalidRequest", withLine("x odd: a")),
  hostile("a header without a name", "400 InvalidRequest", withLine(": a")),
  hostile("a header without a colon", "400 InvalidRequest", withLine("x-odd")),
  hostile("a header name above ASCII", "400 InvalidRequest", withLine("x-\xe9: a")),
  hostile(
    "a header name with an underscore",
    "400 InvalidRequest",
    withLine("x_amz_acl: public-read"),
  ),
  hostile("a NUL in the target", "400 InvalidURI", requestLine("GET /bucket/k\0ey HTTP/1.1")),
  hostile(
    "a raw byte above ASCII in the target",
    "400 InvalidURI",
    requestLine("GET /bucket/k\xc3\xa9y HTTP/1.1"),
  ),
  hostile(
    "a control character in the target",
    "400 InvalidURI",
    requestLine("GET /bucket/k\x01y HTTP/1.1"),
  ),
  hostile("a space in the target", "400 InvalidRequest", requestLine("GET /bucket/a key HTTP/1.1")),
  hostile("a tab in the target", "400 InvalidURI", requestLine("GET /bucket/a\tkey HTTP/1.1")),
  hostile(
    "a fragment in the target",
    "400 InvalidURI",
    requestLine("GET /bucket/key#part HTTP/1.1"),
  ),
  hostile(
    "an absolute-form target",
    "400 InvalidURI",
    requestLine("GET http://other.example/bucket/key HTTP/1.1"),
  ),
  hostile(
    "an absolute-form target without a path",
    "400 InvalidURI",
    requestLine("GET http://other.example HTTP/1.1"),
  ),
  hostile("an asterisk-form target", "400 InvalidURI", requestLine("OPTIONS * HTTP/1.1")),
  hostile("an asterisk for GET", "400 InvalidURI", requestLine("GET * HTTP/1.1")),
  hostile("a target without its slash", "400 InvalidURI", requestLine("GET bucket/key HTTP/1.1")),
  hostile("an empty target", "400 InvalidURI", requestLine("GET  HTTP/1.1")),
  hostile("a target that begins with two slashes", "400 InvalidBucketName", (site) =>
    good(site, "GET", "//bucket/key"),
  ),
  hostile("a backslash for the slash", "400 InvalidURI", requestLine("GET \\bucket\\key HTTP/1.1")),
  hostile("an unknown method", "405 MethodNotAllowed", requestLine("BREW /bucket/key HTTP/1.1")),
  hostile("a lower-case method", "405 MethodNotAllowed", requestLine("get /bucket/key HTTP/1.1")),
  hostile(
    "a method with a space before it",
    "405 MethodNotAllowed",
    requestLine(" GET /bucket/key HTTP/1.1"),
  ),
  hostile("PATCH", "405 MethodNotAllowed", (site) => good(site, "PATCH", "/bucket/key")),
  hostile("TRACE", "405 MethodNotAllowed", (site) => good(site, "TRACE", "/bucket/key")),
  hostile("CONNECT to a bucket", "405 MethodNotAllowed", (site) =>
    good(site, "CONNECT", "/bucket/key"),
  ),
  hostile(
    "CONNECT to a host",
    "405 MethodNotAllowed",
    requestLine("CONNECT other.example:443 HTTP/1.1"),
  ),
  hostile("PROPFIND", "405 MethodNotAllowed", (site) => good(site, "PROPFIND", "/bucket/key")),
  hostile("LINK, as Swift has it", "405 MethodNotAllowed", (site) =>
    good(site, "LINK", "/bucket/key"),
  ),
  hostile(
    "HTTP/2.0 in the request line",
    "400 InvalidRequest",
    requestLine("GET /bucket/key HTTP/2.0"),
  ),
  hostile(
    "HTTP/2's connection preface",
    "400 InvalidRequest",
    () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  ),
  hostile("HTTP/0.9", "400 InvalidRequest", () => "GET /bucket/key\r\n\r\n"),
  hostile("HTTP/1.2", "400 InvalidRequest", requestLine("GET /bucket/key HTTP/1.2")),
  hostile("a lower-case http/1.1", "400 InvalidRequest", requestLine("GET /bucket/key http/1.1")),
  hostile("no version", "400 InvalidRequest", requestLine("GET /bucket/key")),
  // Whatever does not begin with a method that Node knows is to its parser a wrong method.
  hostile("a TLS ClientHello", "405 MethodNotAllowed", () =>
    Buffer.from("160301006f0100006b0303", "hex"),
  ),
  hostile(
    "a PROXY line that nobody expects",
    "405 MethodNotAllowed",
    mangled((text) => `PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\n${text}`),
  ),
  hostile(
    "a target longer than all headers may be",
    "400 RequestHeaderSectionTooLarge",
    requestLine(`GET /bucket/${"k".repeat(70_000)} HTTP/1.1`),
  ),
  hostile(
    "a header longer than all may be",
    "400 RequestHeaderSectionTooLarge",
    withLine(`x-amz-meta-long: ${"v".repeat(20_000)}`),
  ),
  hostile(
    "more header bytes than are read",
    "400 RequestHeaderSectionTooLarge",
    withLine(Array.from({ length: 100 }, (_, i) => `x-${i}: ${"v".repeat(200)}`).join("\r\n")),
  ),
  hostile(
    "more header fields than are read",
    "400 InvalidRequest",
    withLine(Array.from({ length: 150 }, (_, i) => `x-${i}: v`).join("\r\n")),
  ),
  hostile(
    "thousands of tiny header fields",
    "400 InvalidRequest",
    withLine(Array.from({ length: 3_000 }, () => "a:").join("\r\n")),
  ),
  hostile(
    "a head that ends too early",
    "400 InvalidRequest",
    mangled((text) => text.slice(0, -2)),
    { cut: true },
  ),
  hostile(
    "Transfer-Encoding beside Content-Length",
    "400 InvalidRequest",
    upload(["transfer-encoding", "chunked"], ["content-length", "4"]),
  ),
  hostile(
    "Content-Length before Transfer-Encoding",
    "400 InvalidRequest",
    upload(["content-length", "4"], ["transfer-encoding", "chunked"]),
  ),
  hostile("Transfer-Encoding gzip", "400 InvalidRequest", upload(["transfer-encoding", "gzip"])),
  hostile(
    "Transfer-Encoding gzip, chunked",
    "400 InvalidRequest",
    upload(["transfer-encoding", "gzip, chunked"]),
  ),
  hostile(
    "Transfer-Encoding chunked, gzip",
    "400 InvalidRequest",
    upload(["transfer-encoding", "chunked, gzip"]),
  ),
  hostile(
    "Transfer-Encoding identity",
    "400 InvalidRequest",
    upload(["transfer-encoding", "identity"]),
  ),
  hostile(
    "Transfer-Encoding twice",
    "400 InvalidRequest",
    upload(["transfer-encoding", "chunked"], ["transfer-encoding", "chunked"]),
  ),
  hostile(
    "Transfer-Encoding with a vertical tab",
    "400 InvalidRequest",
    upload(["transfer-encoding", "\x0bchunked"]),
  ),
  hostile("an empty Transfer-Encoding", "400 InvalidRequest", upload(["transfer-encoding", ""])),
  hostile(
    "Content-Length twice with two values",
    "400 InvalidRequest",
    upload(["content-length", "4"], ["content-length", "5"]),
  ),
  hostile(
    "Content-Length twice with one value",
    "400 InvalidRequest",
    upload(["content-length", "4"], ["content-length", "4"]),
  ),
  hostile("a list of Content-Lengths", "400 InvalidRequest", upload(["content-length", "4, 4"])),
  hostile("a negative Content-Length", "400 InvalidRequest", upload(["content-length", "-4"])),
  hostile(
    "a signed positive Content-Length",
    "400 InvalidRequest",
    upload(["content-length", "+4"]),
  ),
  hostile("a Content-Length in hex", "400 InvalidRequest", upload(["content-length", "0x4"])),
  hostile(
    "a Content-Length with a fraction",
    "400 InvalidRequest",
    upload(["content-length", "4.0"]),
  ),
  hostile("an empty Content-Length", "400 InvalidRequest", upload(["content-length", ""])),
  hostile(
    "a Content-Length beyond 64 bits",
    "400 InvalidRequest",
    upload(["content-length", "99999999999999999999999"]),
  ),
  hostile(
    "a Content-Length beyond 5 GiB",
    "400 EntityTooLarge",
    upload(["content-length", "5368709121"]),
  ),
  hostile("no Host", "400 InvalidRequest", (site) =>
    without(good(site, "GET", "/bucket/key"), "host"),
  ),
  hostile("two Hosts", "400 InvalidRequest", (site) =>
    plus(good(site, "GET", "/bucket/key"), ["host", "other.example"]),
  ),
  hostile("the same Host twice", "400 InvalidRequest", (site) =>
    plus(good(site, "GET", "/bucket/key"), ["host", site.host]),
  ),
  hostile(
    "an empty Host",
    "400 InvalidRequest",
    mangled((text) => text.replace(/host: .*?\r\n/, "host: \r\n")),
  ),
  hostile(
    "a Host with a path",
    "400 InvalidRequest",
    mangled((text) => text.replace(/host: (.*?)\r\n/, "host: $1/other\r\n")),
  ),
  hostile("Connection that names Host", "400 InvalidRequest", (site) =>
    plus(good(site, "GET", "/bucket/key"), ["connection", "host"]),
  ),
  hostile("Connection that names a signed header", "400 InvalidRequest", (site) =>
    plus(good(site, "PUT", "/bucket/key", { body: "data", headers: [["x-amz-acl", "private"]] }), [
      "connection",
      "keep-alive, X-Amz-Acl",
    ]),
  ),
  hostile("Connection that names Range", "400 InvalidRequest", (site) =>
    plus(good(site, "GET", "/bucket/key", { headers: [["range", "bytes=0-1"]] }), [
      "connection",
      "range",
    ]),
  ),
  hostile("a body on GET", "400 InvalidRequest", (site) =>
    good(site, "GET", "/bucket/key", { body: "data" }),
  ),
  hostile("a chunked body on GET", "400 InvalidRequest", (site) => ({
    ...good(site, "GET", "/bucket/key", { headers: [["transfer-encoding", "chunked"]] }),
    body: Buffer.from("0\r\n\r\n"),
  })),
  hostile("a body on DELETE", "400 InvalidRequest", (site) =>
    good(site, "DELETE", "/bucket/key", { body: "data" }),
  ),
  hostile(
    "an HTTP chunk size that is no number",
    "400 InvalidRequest",
    inChunks((body) => `zz\r\n${body}\r\n0\r\n\r\n`),
  ),
  hostile(
    "an HTTP chunk without its line break",
    "400 InvalidRequest",
    inChunks((body) => `${body.length.toString(16)}\r\n${body}0\r\n\r\n`),
  ),
  hostile(
    "an HTTP chunk size beyond 64 bits",
    "400 InvalidRequest",
    inChunks((body) => `${"f".repeat(17)}\r\n${body}\r\n0\r\n\r\n`),
  ),
  hostile(
    "an HTTP chunk extension without end",
    "400 InvalidRequest",
    inChunks(
      (body) => `${body.length.toString(16)};a=${"b".repeat(20_000)}\r\n${body}\r\n0\r\n\r\n`,
    ),
  ),
  hostile(
    "HTTP chunks without the last one",
    "400 IncompleteBody",
    inChunks((body) => `${body.length.toString(16)}\r\n${body}\r\n`),
    { cut: true },
  ),
  hostile("nothing but line breaks and a NUL", "405 MethodNotAllowed", () => "\r\n\r\n\0\r\n\r\n"),
  hostile("a request smuggled behind a body of length 0", "400 InvalidRequest", (site) => {
    const first = bytesOf(
      plain(site, "GET", "/bucket/key", {
        headers: [
          ["transfer-encoding", "chunked"],
          ["content-length", "0"],
        ],
      }),
    );
    return Buffer.concat([first, bytesOf(good(site, "DELETE", "/bucket/key"))]);
  }),
];
