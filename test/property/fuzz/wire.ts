import type { RequestHead } from "../../../src/http/head.ts";
import { hostProblem } from "../../../src/http/host.ts";
import { parseTarget } from "../../../src/http/target.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";
import { goodConfig } from "../../support/config.ts";
import { policyParts, type Part } from "../../support/forms.ts";
import { streamed, type Framing } from "../../support/framing.ts";
import {
  plus,
  presignV2,
  presignV4,
  signV2,
  signV4,
  timestampOf,
  without,
  type Header,
  type KeyPair,
  type Outgoing,
} from "../../support/signed.ts";

/** The time at which everything here is signed and judged. */
export const NOW_MS = Date.parse("2026-02-28T23:59:30Z");
export const HOST = "s3.example.org:8080";
export const OWNER: KeyPair = { accessKey: "AKIAOWNER", secretKey: "theSecretOfTheOwner" };
export const SCOPE = { timestamp: timestampOf(NOW_MS) };

/** A gateway whose owner may do everything, so that only the signature can refuse a request. */
export const SNAPSHOT = compileSnapshot(
  goodConfig({
    "gateway.yaml": `upstream: { endpoints: ["http://store:7480"], store: aws }
identities: [{ accounts: accounts.yaml }]
listen: { domains: [s3.example.org] }
policy: { signatures: [v4, v2] }
`,
    "accounts.yaml": JSON.stringify({
      accounts: [
        {
          name: "lab",
          upstream: { accessKey: "AKIAUPSTREAM", secretKey: "theSecretOfTheStore" },
          keys: [OWNER],
        },
      ],
    }),
  }),
  1,
);

/** Returns an unsigned request without a body. */
export function bare(method: string, target: string, ...headers: Header[]): Outgoing {
  return { method, target, headers: [["host", HOST], ...headers], body: Buffer.alloc(0) };
}

/** Returns an unsigned request with five bytes of a body. */
function full(method: string, target: string, ...headers: Header[]): Outgoing {
  const request = bare(method, target, ...headers, ["content-length", "5"]);
  return { ...request, body: Buffer.from("hello") };
}

const META: Header = ["x-amz-meta-owner", "a  b,c"];
const UNSIGNED: Header = ["x-amz-content-sha256", "UNSIGNED-PAYLOAD"];
const TEXT: Header = ["content-type", "text/plain"];
const V2_META: Header = ["x-amz-meta-a", "b"];

/** The gateway, the caller and the time of a request. */
type Site = { readonly host: string; readonly key: KeyPair; readonly nowMs: number };
type Base = readonly [name: string, request: Outgoing];

/** Returns requests that are forwarded as they stand, one for every way to sign. */
export function basesAt({ host, key, nowMs }: Site): readonly Base[] {
  const scope = { timestamp: timestampOf(nowMs) };
  const at = (request: Outgoing): Outgoing => plus(without(request, "host"), ["host", host]);
  const v4 = (request: Outgoing): Outgoing => signV4(at(request), key, scope);
  const v4Url = (request: Outgoing): Outgoing => presignV4(at(request), key, scope);
  const v2 = (request: Outgoing): Outgoing =>
    signV2(at(request), key, new Date(nowMs).toUTCString());
  const v2Url = (request: Outgoing): Outgoing =>
    presignV2(at(request), key, String(Math.floor(nowMs / 1000) + 300));
  const chunked = (kind: Framing["kind"]): Outgoing =>
    streamed(at(bare("PUT", "/bucket/key", META)), key, scope, { kind, chunks: ["hello"] });
  return [
    ["V4 GET", v4(bare("GET", "/bucket/a%20key%2Fb", ["range", "bytes=0-9"]))],
    ["V4 GET of a version", v4(bare("GET", "/bucket/key?versionId=v1&response-cache-control=no"))],
    ["V4 list", v4(bare("GET", "/bucket?list-type=2&prefix=a%2Fb&max-keys=10"))],
    ["V4 PUT", v4(full("PUT", "/bucket/key", META))],
    ["V4 unsigned PUT", v4(full("PUT", "/bucket/%C3%A9", META, UNSIGNED))],
    ["V4 typed PUT", v4(full("PUT", "/bucket/key", TEXT))],
    ["V4 copy", v4(bare("PUT", "/bucket/key", ["x-amz-copy-source", "/bucket/from"]))],
    ["V4 DELETE", v4(bare("DELETE", "/bucket/key?versionId=v1"))],
    ["V4 ACL", v4(bare("PUT", "/bucket/key?acl=", ["x-amz-acl", "private"]))],
    ["V4 upload begun", v4(bare("POST", "/bucket/key?uploads="))],
    ["V4 URL", v4Url(bare("GET", "/bucket/a%20key"))],
    ["V4 URL with more", v4Url(bare("GET", "/bucket/key?versionId=v1&response-expires=now"))],
    ["V4 URL to PUT", v4Url(full("PUT", "/bucket/key", META))],
    ["V2 GET", v2(bare("GET", "/bucket/key"))],
    ["V2 PUT", v2(full("PUT", "/bucket/key", V2_META, TEXT))],
    ["V2 ACL", v2(bare("GET", "/bucket/key?acl"))],
    ["V2 URL", v2Url(bare("GET", "/bucket/key"))],
    ["chunked, signed", chunked("signed")],
    ["chunked, signed with its trailer", chunked("signed-trailer")],
    ["chunked, unsigned with a trailer", chunked("unsigned-trailer")],
  ];
}

/** A browser's form without its fields, and the fields before its file. */
export const FORM = bare("POST", "/bucket", ["content-type", "multipart/form-data; boundary=a"]);
const VALUES: readonly Part[] = [
  { name: "key", value: "a key" },
  { name: "content-type", value: "text/plain" },
  { name: "x-amz-meta-a", value: "b" },
];
const CONDITIONS = [{ bucket: "bucket" }, ...VALUES.map(({ name, value }) => ({ [name]: value }))];
export const FORM_FIELDS: ReadonlyMap<string, string> = new Map(
  [
    ...VALUES,
    ...policyParts(OWNER, SCOPE, { expiresMs: NOW_MS + 60_000, conditions: CONDITIONS }),
  ].map(({ name, value }) => [name, value]),
);

/** Returns the head that the shell would hand to `admit`; `undefined` if the shell refuses it. */
export function headOf({ method, target, headers }: Outgoing): RequestHead | undefined {
  const parsed = parseTarget(target);
  const flat = headers.flatMap(([name, value]) => [name.toLowerCase(), value.trim()]);
  if (!parsed.ok || hostProblem(flat) !== undefined) return undefined;
  return { method, target: parsed.value, headers: flat, sourceAddress: undefined, secure: false };
}
