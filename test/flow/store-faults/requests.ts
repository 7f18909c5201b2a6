import { streamed } from "../../support/framing.ts";
import {
  signV4,
  timestampOf,
  type Header,
  type KeyPair,
  type Outgoing,
  type V4Scope,
} from "../../support/signed.ts";

/** What a client asks while the store misbehaves, each by another way through the gateway. */
export const REQUESTS = [
  ["get", (site) => signed(site, "GET", "/key")],
  ["list", (site) => signed(site, "GET", "?list-type=2")],
  ["head", (site) => signed(site, "HEAD", "/key")],
  ["delete", (site) => signed(site, "DELETE", "/key")],
  ["small put", (site) => signed(site, "PUT", "/key", Buffer.from("data"))],
  // More than the buffers of all sockets on the way would take.
  ["large put", (site) => unsignedBody(site, "/key", 8 * 1024 * 1024)],
  ["chunked put", (site) => chunked(site, "/key")],
  [
    "part put",
    (site) => signed(site, "PUT", "/key?partNumber=1&uploadId=u", Buffer.alloc(262_144)),
  ],
  ["upload begun", (site) => signed(site, "POST", "/key?uploads=", Buffer.alloc(0))],
  ["upload ended", (site) => signed(site, "POST", "/key?uploadId=u", Buffer.from(COMPLETE))],
  ["many deleted", (site) => signed(site, "POST", "?delete=", Buffer.from(DELETE))],
] as const satisfies readonly (readonly [string, (site: Site) => Outgoing])[];

export type Kind = (typeof REQUESTS)[number][0];

/** Where and as whom. */
export type Site = { readonly host: string; readonly bucket: string; readonly key: KeyPair };

const COMPLETE =
  "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>a</ETag></Part>" +
  "</CompleteMultipartUpload>";
const DELETE = "<Delete><Object><Key>key</Key></Object></Delete>";

function scope(): V4Scope {
  return { timestamp: timestampOf(Date.now()) };
}

function bare(site: Site, method: string, rest: string): Outgoing {
  const headers: Header[] = [["host", site.host]];
  return { method, target: `/${site.bucket}${rest}`, headers, body: Buffer.alloc(0) };
}

function signed(site: Site, method: string, rest: string, body?: Buffer): Outgoing {
  const request = bare(site, method, rest);
  if (body === undefined) return signV4(request, site.key, scope());
  const headers: Header[] = [...request.headers, ["content-length", String(body.length)]];
  return signV4({ ...request, headers, body }, site.key, scope());
}

function chunked(site: Site, rest: string): Outgoing {
  const chunks = Array.from({ length: 8 }, () => "c".repeat(65_536));
  return streamed(bare(site, "PUT", rest), site.key, scope(), { kind: "signed-trailer", chunks });
}

function unsignedBody(site: Site, rest: string, bytes: number): Outgoing {
  const request = bare(site, "PUT", rest);
  const headers: Header[] = [
    ...request.headers,
    ["x-amz-content-sha256", "UNSIGNED-PAYLOAD"],
    ["content-length", String(bytes)],
  ];
  return { ...signV4({ ...request, headers }, site.key, scope()), body: Buffer.alloc(bytes) };
}
