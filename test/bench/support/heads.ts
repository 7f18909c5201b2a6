import { createHmac } from "node:crypto";
import aws4 from "aws4";
import type { RequestHead } from "../../../src/http/head.ts";
import { parseTarget } from "../../../src/http/target.ts";
import { CREDENTIAL, HOST, requestsOf } from "./workload.ts";

/** Request heads as the gateway reads them, signed for now by signers that are not ours. */

/** The number of heads of each kind, with different keys and so different signatures. */
const COUNT = 512;

/** Returns the small GETs of the load, which boto3 could have sent. */
export function headerSignedGets(): readonly RequestHead[] {
  return wireHeads("get-small");
}

export function headerSignedPuts(): readonly RequestHead[] {
  return wireHeads("put-small");
}

export function presignedGets(): readonly RequestHead[] {
  return Array.from({ length: COUNT }, (_, n) => {
    const request = { service: "s3", region: "us-east-1", method: "GET", signQuery: true };
    const path = `/bench/small/run-${n}/sample.parquet?X-Amz-Expires=3600`;
    const signed = aws4.sign({ ...request, path, headers: { Host: HOST } }, CREDENTIAL);
    return headOf("GET", signed.path ?? "", [
      "host",
      HOST,
      "user-agent",
      "curl/7.88.1",
      "accept",
      "*/*",
    ]);
  });
}

export function v2SignedGets(): readonly RequestHead[] {
  const date = new Date().toUTCString();
  return Array.from({ length: COUNT }, (_, n) => {
    const path = `/bench/small/run-${n}/sample.parquet`;
    const text = `GET\n\n\n${date}\n${path}`;
    const signature = createHmac("sha1", CREDENTIAL.secretAccessKey).update(text).digest("base64");
    const authorization = `AWS ${CREDENTIAL.accessKeyId}:${signature}`;
    return headOf("GET", path, ["host", HOST, "date", date, "authorization", authorization]);
  });
}

/** Returns header-signed GETs with a changed last digit of the signature. */
export function wrongSignatures(): readonly RequestHead[] {
  return headerSignedGets().map((head) => withWrongSignature(head));
}

function withWrongSignature(head: RequestHead): RequestHead {
  const headers = head.headers.map((value) =>
    value.startsWith("AWS4-") ? value.slice(0, -1) + (value.endsWith("0") ? "1" : "0") : value,
  );
  return { ...head, headers };
}

function wireHeads(cell: "get-small" | "put-small"): readonly RequestHead[] {
  return requestsOf(cell)
    .slice(0, COUNT)
    .map(({ start }) => {
      const [requestLine = "", ...lines] =
        start.toString("latin1").split("\r\n\r\n")[0]?.split("\r\n") ?? [];
      const [method = "", target = ""] = requestLine.split(" ");
      const fields = lines.flatMap((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
      });
      return headOf(method, target, fields);
    });
}

function headOf(method: string, raw: string, headers: readonly string[]): RequestHead {
  const target = parseTarget(raw);
  if (!target.ok) throw new Error(target.error);
  return { method, target: target.value, headers, sourceAddress: "127.0.0.1", secure: false };
}
