import type { ServerResponse } from "node:http";
import { startHttpStore, type ScriptedStore } from "./scripted-store.ts";
import type { KeyPair } from "./signed.ts";

/** The answer of the Admin Ops API about a key, or its behaviour instead. */
export type AdminReply =
  | { readonly kind: "user"; readonly user: object }
  | { readonly kind: "nobody" }
  | { readonly kind: "text"; readonly status: number; readonly body: string }
  /** Sends no answer until the test ends. */
  | { readonly kind: "silence" };

/** The Admin Ops API of an RGW; every answer is scripted by a test. */
export type ScriptedCeph = ScriptedStore & {
  /**
   * Answers by access key, or by `uid=` and the id of a user; a key without an answer is nobody's.
   */
  readonly replies: Map<string, AdminReply>;
  /** The answer for every key, while it is set. */
  everything: AdminReply | undefined;
  /** Called before each answer. */
  delayMs: number;
  /** The requested access keys, in order. */
  readonly asked: string[];
  /** Returns the highest number of requests at the same time. */
  readonly most: () => number;
  /** The entry for `ceph:` of gateway.yaml. */
  readonly source: Readonly<Record<string, unknown>>;
};

export const GATEWAY_USER: KeyPair = { accessKey: "AKIAGATEWAY", secretKey: "theGatewaysOwn" };

/** Returns a user without a tenant and with one key. */
export function userWith(name: string, key: KeyPair, more: object = {}): AdminReply {
  const keys = [{ user: name, access_key: key.accessKey, secret_key: key.secretKey }];
  return {
    kind: "user",
    user: { tenant: "", user_id: name, suspended: 0, subusers: [], keys, ...more },
  };
}

/** Starts one that knows the gateway's own user. `source`: further keys of `ceph:`. */
export async function startScriptedCeph(source: object = {}): Promise<ScriptedCeph> {
  const replies = new Map([[GATEWAY_USER.accessKey, userWith("gw", GATEWAY_USER)]]);
  const asked: string[] = [];
  let busy = 0;
  let most = 0;
  const store = await startHttpStore((request, response) => {
    const url = new URL(request.url ?? "", "http://ceph");
    const userId = url.searchParams.get("uid");
    const accessKey =
      url.searchParams.get("access-key") ?? (userId === null ? "" : `uid=${userId}`);
    asked.push(accessKey);
    most = Math.max(most, ++busy);
    const reply = ceph.everything ?? replies.get(accessKey) ?? NOBODY;
    const answer = (): void => {
      busy--;
      write(response, reply);
    };
    if (reply.kind === "silence") response.on("close", () => busy--);
    else setTimeout(answer, ceph.delayMs);
  });
  const ceph: ScriptedCeph = {
    ...store,
    replies,
    everything: undefined,
    delayMs: 0,
    asked,
    most: () => most,
    source: { endpoint: store.endpoint, ...GATEWAY_USER, ...source },
  };
  return ceph;
}

const NOBODY: AdminReply = { kind: "nobody" };

function write(response: ServerResponse, reply: AdminReply): void {
  if (reply.kind === "silence") return;
  if (reply.kind === "text") response.writeHead(reply.status).end(reply.body);
  else if (reply.kind === "nobody") response.writeHead(403).end('{"Code":"AccessDenied"}');
  else response.writeHead(200).end(JSON.stringify(reply.user));
}
