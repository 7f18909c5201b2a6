import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import type { Key } from "../admission/principal.ts";
import type { Config, DirectoryConfig } from "../config/config.ts";
import { compileDirectory, sharedUpstream } from "../config/directory.ts";
import type { DirectoryUser } from "../config/directory-answer.ts";
import { parseAccessKey } from "../config/scalars.ts";
import { Late } from "../lib/late.ts";
import { err, type Result } from "../lib/result.ts";
import type { Metrics } from "../observe/metrics.ts";
import { KeySource, type Found } from "./key-source.ts";
import { atMostEvery, COMPLAINT_MS, RESULTS, type IdentityState, type Source } from "./source.ts";
import { PROBE, unavailable, type SourceAnswer } from "./source-answer.ts";
import type { StoreUsers } from "./store-users.ts";

/** A directory that is asked over HTTP, as a source of keys. */
export type OpenDirectory = Source & {
  readonly kind: "http";
  readonly config: DirectoryConfig;
  readonly keys: KeySource<DirectoryUser>;
};

type Surroundings = {
  readonly config: Config;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** The users of the store of all directories. */
  readonly storeUsers: StoreUsers;
};

/** The time for which a directory is not asked again if it refuses the gateway's credential. */
const PROBE_MS = 5_000;

const nowMs = (): number => performance.now();

/**
 * Opens a directory. `before`: the sources of the configuration before; the same one among them
 * hands its keys on.
 */
export function openDirectorySource(
  directory: DirectoryConfig,
  { config, metrics, log, storeUsers }: Surroundings,
  before: readonly OpenDirectory[],
): OpenDirectory {
  const client = new Late(async () => {
    const { openDirectoryClient } = await import("./directory-client.ts");
    return openDirectoryClient(directory);
  });
  const ask = async (accessKeyId: string): Promise<SourceAnswer<DirectoryUser>> => {
    const opened = await client.get();
    return opened.ok ? opened.value.ask(accessKeyId) : unavailable("source", opened.error);
  };
  const compile = compileDirectory(config, directory);
  const complain = atMostEvery(COMPLAINT_MS, (why: string) => {
    log.error({ directory: directory.url, why }, "A directory cannot look up a key");
  });
  const onAnswer = (answer: SourceAnswer<DirectoryUser>): void => {
    metrics.identityLookedUp("http", RESULTS[answer.kind]);
    if (answer.kind === "unavailable") complain(answer.why);
  };
  const keyOf = (user: DirectoryUser): Result<Key, string> => {
    const key = compile(user);
    const other = key.ok ? storeUsers.note(key.value) : undefined;
    return other === undefined ? key : err(sharedUpstream(user.account, other));
  };
  const same = before.find((one) => isDeepStrictEqual(one.config, directory));
  const keys = new KeySource(directory, { ask, keyOf, nowMs, onAnswer }, same?.keys);
  let probedMs = Number.NEGATIVE_INFINITY;
  return {
    kind: "http",
    config: directory,
    keys,
    find: (accessKeyId) => (isPlausible(accessKeyId) ? keys.find(accessKeyId) : "nobody"),
    key: async (accessKeyId): Promise<Found> =>
      isPlausible(accessKeyId) ? keys.key(accessKeyId) : "nobody",
    unusable: (accessKeyId) => keys.unusable(accessKeyId),
    // It is asked by access key only.
    findOwner: () => "nobody",
    owner: () => Promise.resolve("nobody"),
    keysOf: () => Promise.resolve([]),
    hasChanged: ({ need, credential }, sure) =>
      need.kind === "key"
        ? keys.hasChanged(need.accessKeyId, credential, sure)
        : Promise.resolve(true),
    refused: () => client.value?.refused() === true,
    state: () => ({
      kind: "http",
      endpoint: directory.url,
      state: stateOf(client.value?.refused(), keys.failing),
      keys: keys.size,
    }),
    proveOwn: async () => {
      if (client.value?.refused() === false || nowMs() - probedMs < PROBE_MS) return;
      probedMs = nowMs();
      await ask(PROBE);
    },
    drop: () => {
      keys.drop();
      storeUsers.clear();
    },
    close: async () => (await client.used())?.close(),
  };
}

/** `refused`: as its client says it. */
function stateOf(refused: boolean | undefined, failing: boolean): IdentityState["state"] {
  if (refused === true) return "refused";
  if (failing) return "away";
  return refused === undefined ? "unasked" : "ok";
}

/**
 * Returns true if it can be a key of a directory at all. A dot, or two, is no segment of a path:
 * servers would take it for another path (RFC 3986 section 5.2.4).
 */
function isPlausible(accessKeyId: string): boolean {
  return parseAccessKey(accessKeyId).ok && accessKeyId !== "." && accessKeyId !== "..";
}
