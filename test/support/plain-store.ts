import { createHash } from "node:crypto";
import http from "node:http";
import aws4 from "aws4";
import type { KeyPair } from "./signed.ts";

/** A store with no gateway in front of it. `endpoint`: such as `http://127.0.0.1:40123`. */
export type PlainStore = { readonly endpoint: string; readonly key: KeyPair };

export type PlainAnswer = {
  readonly status: number;
  /** The text after the status. */
  readonly reason: string;
  readonly headers: http.IncomingHttpHeaders;
  /** Name, value, name, value, …, in the order received. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
};

export type PlainRequest = {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** True to send the request as it is, without a signature. */
  readonly unsigned?: true;
  /**
   * The limit for head and body, in milliseconds; the answer is the part that has come by then, and
   * its status is 0 if none has.
   */
  readonly patienceMs?: number;
};

/** Sends one request, signed with the store's own key; `target`: encoded path and query. */
export function ask(
  { endpoint, key }: PlainStore,
  method: string,
  target: string,
  { body = "", headers = {}, unsigned, patienceMs }: PlainRequest = {},
): Promise<PlainAnswer> {
  const { host } = new URL(endpoint);
  const said: Record<string, string> = { ...headers };
  // Without it, aws4 declares the body a form.
  if (body !== "") said["content-type"] ??= body.startsWith("<") ? "application/xml" : "text/plain";
  if (method === "PUT" || method === "POST") {
    said["content-length"] = String(Buffer.byteLength(body));
    // Some operations do not work without it.
    said["content-md5"] = createHash("md5").update(body).digest("base64");
  }
  if (unsigned) return answerOf(endpoint, method, target, said, body, patienceMs);
  const request = {
    service: "s3",
    region: "us-east-1",
    host,
    method,
    path: target,
    body,
    headers: said,
  };
  const credential = { accessKeyId: key.accessKey, secretAccessKey: key.secretKey };
  const signed = aws4.sign(request, credential);
  return answerOf(endpoint, method, target, signed.headers ?? {}, body, patienceMs);
}

function answerOf(
  endpoint: string,
  method: string,
  path: string,
  headers: http.OutgoingHttpHeaders,
  body: string,
  patienceMs: number | undefined,
): Promise<PlainAnswer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(endpoint);
    // Each request has its own connection: on one that is kept, RGW answers 40 ms later.
    const options = { hostname, port, method, path, headers, agent: false };
    const request = http.request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      const end = (): void => {
        const { statusCode: status = 0, statusMessage: reason = "" } = response;
        const { headers: told, rawHeaders } = response;
        resolve({
          status,
          reason,
          headers: told,
          rawHeaders,
          body: Buffer.concat(chunks).toString(),
        });
        request.destroy();
      };
      response.once("end", end);
      if (patienceMs !== undefined) setTimeout(end, patienceMs).unref();
    });
    const silent = (): void => {
      resolve({ status: 0, reason: "", headers: {}, rawHeaders: [], body: "" });
      request.destroy();
    };
    if (patienceMs !== undefined) {
      const timer = setTimeout(silent, patienceMs);
      request.once("response", () => clearTimeout(timer));
    }
    request.on("error", (error: NodeJS.ErrnoException) => {
      // RGW 16 answers some requests (`?select` without a document) with half a head.
      const broken = error.code === "ECONNRESET" || error.code?.startsWith("HPE_") === true;
      if (broken) resolve({ status: 502, reason: "", headers: {}, rawHeaders: [], body: "" });
      else reject(error);
    });
    request.end(body);
  });
}
