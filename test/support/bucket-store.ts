import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { startHttpStore, type ScriptedStore } from "./scripted-store.ts";

/** The store's answer: `code` and `body` exclude each other. */
export type Said = { readonly status: number; readonly code?: string; readonly body?: Buffer };

/** A request about a bucket (`key` is `undefined`) or an object. */
export type Asked = {
  readonly method: string;
  readonly bucket: string;
  readonly key: string | undefined;
  readonly body?: Buffer;
};

type Bucket = { readonly owner: string; readonly objects: Map<string, Buffer> };

/**
 * Buckets and objects in memory, each bucket for its owner alone. A user who makes an own bucket
 * again gets 200, as from RGW and from AWS in us-east-1.
 */
export class Buckets {
  readonly #buckets = new Map<string, Bucket>();

  /** Carries out a request that `user` signed, and returns the answer to it. */
  ask(user: string, { method, bucket: name, key, body = EMPTY }: Asked): Said {
    const bucket = this.#buckets.get(name);
    if (key === undefined && method === "PUT") return this.#make(user, name, bucket);
    if (bucket === undefined) return { status: 404, code: "NoSuchBucket" };
    if (bucket.owner !== user) return { status: 403, code: "AccessDenied" };
    if (key === undefined) return this.#ofBucket(method, name, bucket);
    if (method === "PUT") bucket.objects.set(key, body);
    if (method === "DELETE") bucket.objects.delete(key);
    if (method !== "GET") return { status: method === "DELETE" ? 204 : 200 };
    const object = bucket.objects.get(key);
    return object === undefined
      ? { status: 404, code: "NoSuchKey" }
      : { status: 200, body: object };
  }

  #make(user: string, name: string, bucket: Bucket | undefined): Said {
    if (bucket !== undefined && bucket.owner !== user) {
      return { status: 409, code: "BucketAlreadyExists" };
    }
    if (bucket === undefined) this.#buckets.set(name, { owner: user, objects: new Map() });
    return { status: 200 };
  }

  #ofBucket(method: string, name: string, { objects }: Bucket): Said {
    if (method !== "DELETE") return { status: 200 };
    if (objects.size > 0) return { status: 409, code: "BucketNotEmpty" };
    this.#buckets.delete(name);
    return { status: 204 };
  }
}

const EMPTY = Buffer.alloc(0);

/**
 * A function that holds an answer back until its promise resolves; `break` ends the connection
 * instead.
 */
type Answering = (asked: Asked) => Promise<void> | "break" | undefined;

/** A store of `Buckets` that is reached by HTTP. */
export type BucketStore = ScriptedStore & {
  readonly buckets: Buckets;
  /** The requests that came, as `PUT /bucket`, probes left out. */
  readonly asked: readonly string[];
  /** Called when a request has taken effect, before it is answered. */
  answering: Answering;
};

/** Starts the store. `users`: the user of each access key. Signatures are not checked. */
export async function startBucketStore(
  users: Readonly<Record<string, string>>,
): Promise<BucketStore> {
  const buckets = new Buckets();
  const asked: string[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    const { method = "", url = "" } = request;
    const [, bucket = "", ...rest] = decodeURIComponent(url.split("?", 1)[0] ?? "").split("/");
    const what = { method, bucket, key: rest.length === 0 ? undefined : rest.join("/"), body };
    asked.push(`${method} ${url}`);
    const key = /Credential=([^/]+)/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const said = buckets.ask(users[key] ?? "nobody", what);
    const answering = out.answering(what);
    if (answering === "break") return void response.destroy();
    await answering;
    response.writeHead(said.status, said.code === undefined ? {} : XML).end(bodyOf(said));
  };
  const store = await startHttpStore((request, response) => void serve(request, response));
  const out: BucketStore = { ...store, buckets, asked, answering: () => undefined };
  return out;
}

const XML = { "content-type": "application/xml" };

function bodyOf({ code, body }: Said): Buffer | string {
  return body ?? (code === undefined ? "" : `<Error><Code>${code}</Code></Error>`);
}
