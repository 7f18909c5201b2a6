import { BOUNDARY, multipart, policyParts } from "../../support/forms.ts";
import { streamed, type Framing } from "../../support/framing.ts";
import { between, oneOf } from "../../support/seeds.ts";
import {
  edited,
  md5,
  plus,
  presignV4,
  signV4,
  timestampOf,
  type Header,
  type KeyPair,
  type Outgoing,
  type V4Scope,
} from "../../support/signed.ts";

/** In every target of what must never be forwarded, and of what may begin but must not end well. */
export const NEVER = "never";
export const BROKEN = "broken";

export const OWNER: KeyPair = { accessKey: "AKIAOWNER", secretKey: "theSecretOfTheOwner" };
export const READER: KeyPair = { accessKey: "AKIAREADER", secretKey: "theSecretOfTheReader" };
const NOBODY: KeyPair = { accessKey: "AKIANOBODY", secretKey: "nobody" };

/** A request, and what its client must be told if it waits for it. */
export type Wanted = {
  readonly request: Outgoing;
  /** Status and, of an error, its code. */
  readonly answer: string;
};

/** Chance, and the `host:port` that is asked. */
export type Draw = { readonly random: () => number; readonly host: string };

/** One kind of request. */
type Kind = (draw: Draw) => Wanted;

const COMPLETE =
  "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>a</ETag></Part>" +
  "</CompleteMultipartUpload>";
const DELETE = "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>";

const scope = (): V4Scope => ({ timestamp: timestampOf(Date.now()) });

function bare({ host }: Draw, method: string, target: string, headers: Header[] = []): Outgoing {
  return { method, target, headers: [["host", host], ...headers], body: Buffer.alloc(0) };
}

function withBody(draw: Draw, method: string, target: string, body: string | Buffer): Outgoing {
  const request = bare(draw, method, target, [["content-length", String(body.length)]]);
  return { ...request, body: Buffer.from(body) };
}

const signed = (request: Outgoing, key = OWNER): Outgoing => signV4(request, key, scope());
const some = ({ random }: Draw, max: number): Buffer => Buffer.alloc(between(random, 0, max), "x");

function framed(draw: Draw, target: string, more: Partial<Framing> = {}): Outgoing {
  const kind = oneOf<Framing["kind"]>(draw.random, [
    "signed",
    "signed-trailer",
    "unsigned-trailer",
  ]);
  const size = oneOf(draw.random, [10, 8_192, 40_000]);
  const chunks = Array.from({ length: between(draw.random, 1, 4) }, () => "c".repeat(size));
  return streamed(bare(draw, "PUT", target), OWNER, scope(), { kind, chunks, ...more });
}

function unsignedPut(draw: Draw, target: string): Outgoing {
  const body = some(draw, 200_000);
  const request = withBody(draw, "PUT", target, body);
  return signed(plus(request, ["x-amz-content-sha256", "UNSIGNED-PAYLOAD"]));
}

function form(draw: Draw, key: string, signer = OWNER): Outgoing {
  const conditions = [{ bucket: "bucket" }, ["starts-with", "$key", ""]];
  const parts = [
    { name: "key", value: key },
    ...policyParts(signer, scope(), { expiresMs: Date.now() + 60_000, conditions }),
    { name: "file", value: "f".repeat(between(draw.random, 0, 5_000)), filename: "a" },
  ];
  const request = withBody(draw, "POST", "/bucket", multipart(parts));
  return plus(request, ["content-type", `multipart/form-data; boundary=${BOUNDARY}`]);
}

/** What is allowed, each kind as often as it stands here. */
const GOOD: readonly [Kind, ...Kind[]] = [
  (draw) => ok(signed(bare(draw, "GET", `/bucket/bytes/${between(draw.random, 0, 4_096)}`))),
  (draw) =>
    ok(signed(bare(draw, "GET", `/bucket/bytes/${between(draw.random, 0, 4_096)}`), READER)),
  (draw) => ok(signed(bare(draw, "GET", `/bucket/bytes/${between(draw.random, 0, 300_000)}`))),
  (draw) =>
    ok(presignV4(bare(draw, "GET", `/bucket/bytes/${between(draw.random, 0, 9)}`), OWNER, scope())),
  (draw) => ({ request: signed(bare(draw, "GET", "/bucket/missing")), answer: "404 NoSuchKey" }),
  (draw) => ok(signed(bare(draw, "GET", "/bucket?list-type=2&prefix=a%2Fb"))),
  (draw) => ok(signed(bare(draw, "HEAD", "/bucket/key"))),
  (draw) => ok(signed(withBody(draw, "PUT", "/bucket/key", some(draw, 4_096)))),
  (draw) => ok(signed(withBody(draw, "PUT", "/bucket/key", some(draw, 150_000)))),
  (draw) => ok(unsignedPut(draw, "/bucket/key")),
  (draw) => ok(presignV4(withBody(draw, "PUT", "/bucket/key", some(draw, 4_096)), OWNER, scope())),
  (draw) => ok(framed(draw, "/bucket/key")),
  (draw) => ok(framed(draw, "/bucket/key?partNumber=1&uploadId=u")),
  (draw) => ok(signed(withBody(draw, "POST", "/bucket/key?uploads=", ""))),
  (draw) => ok(signed(withBody(draw, "POST", "/bucket/key?uploadId=u", COMPLETE))),
  (draw) => ok(signed(withBody(draw, "POST", "/bucket?delete=", DELETE))),
  (draw) => ({ request: signed(bare(draw, "DELETE", "/bucket/key")), answer: "204" }),
  (draw) => ({ request: signed(bare(draw, "DELETE", "/bucket/key?uploadId=u")), answer: "204" }),
  (draw) => ({ request: form(draw, "key"), answer: "204" }),
];

const KEY = `/bucket/${NEVER}/key`;

/** What must be refused; of the last few the head may come to the store, but never the whole body. */
const BAD: readonly [Kind, ...Kind[]] = [
  (draw) => {
    const good = signed(withBody(draw, "PUT", KEY, some(draw, 4_096)));
    return { request: edited(good, "authorization", flipped), answer: "403 SignatureDoesNotMatch" };
  },
  (draw) => {
    const good = presignV4(bare(draw, "GET", KEY), OWNER, scope());
    return {
      request: { ...good, target: flipped(good.target) },
      answer: "403 SignatureDoesNotMatch",
    };
  },
  (draw) => {
    const good = signed(bare(draw, "GET", "/bucket/other"));
    return { request: { ...good, target: KEY }, answer: "403 SignatureDoesNotMatch" };
  },
  (draw) => refused(signed(bare(draw, "GET", KEY), NOBODY), "403 InvalidAccessKeyId"),
  (draw) => refused(bare(draw, "GET", KEY), "403 AccessDenied"),
  (draw) => refused(signed(bare(draw, "DELETE", KEY), READER), "403 AccessDenied"),
  (draw) =>
    refused(signed(withBody(draw, "PUT", KEY, some(draw, 9_000)), READER), "403 AccessDenied"),
  (draw) => refused(form(draw, `${NEVER}/key`, READER), "403 AccessDenied"),
  (draw) =>
    refused(
      form(draw, `${NEVER}/key`, { ...OWNER, secretKey: "wrong" }),
      "403 SignatureDoesNotMatch",
    ),
  (draw) => refused(signed(bare(draw, "GET", "/bucket?foo=")), "400 InvalidArgument"),
  (draw) =>
    refused(signed(plus(bare(draw, "GET", KEY), ["x-amz-unknown", "a"])), "400 InvalidArgument"),
  (draw) =>
    refused(presignV4(bare(draw, "GET", KEY), OWNER, { timestamp: OLD }), "403 AccessDenied"),
  (draw) =>
    refused(signV4(bare(draw, "GET", KEY), OWNER, { timestamp: OLD }), "403 RequestTimeTooSkewed"),
  (draw) =>
    refused(
      signed(withBody(draw, "POST", `/${NEVER}?delete=`, "<Delete><Obj")),
      "400 MalformedXML",
    ),
  (draw) =>
    refused(
      signed(withBody(draw, "POST", `/${NEVER}?delete=`, DELETE), READER),
      "403 AccessDenied",
    ),
  (draw) => refused(bare(draw, "G\tT", KEY), "405 MethodNotAllowed"),
  (draw) => {
    const request = framed(draw, `/bucket/${BROKEN}`, {
      edit: (body) => body.replace("\r\nc", "\r\nd"),
    });
    const signs = JSON.stringify(request.headers).includes("STREAMING-AWS4");
    return refused(request, signs ? "403 SignatureDoesNotMatch" : "400 BadDigest");
  },
  (draw) => {
    const body = Buffer.concat([Buffer.from("a"), some(draw, 150_000)]);
    const request = withBody(draw, "PUT", `/bucket/${BROKEN}`, body);
    return refused(signed(plus(request, ["content-md5", md5("b")])), "400 BadDigest");
  },
];

/** Half an hour ago. */
const OLD = timestampOf(Date.now() - 30 * 60_000);
const BAD_SHARE = 0.3;

/** A request by chance. */
export function drawRequest(draw: Draw): Wanted {
  return oneOf(draw.random, draw.random() < BAD_SHARE ? BAD : GOOD)(draw);
}

function ok(request: Outgoing): Wanted {
  return { request, answer: "200" };
}

function refused(request: Outgoing, answer: string): Wanted {
  return { request, answer };
}

/** With another last hex digit. */
function flipped(text: string): string {
  return text.slice(0, -1) + (text.endsWith("0") ? "1" : "0");
}
