import assert from "node:assert/strict";
import type { KeyObject } from "node:crypto";
import { test } from "node:test";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { gatewayOf } from "./people.ts";

/** Values that hold no function of ours: keys of node:crypto and bytes have methods, and read nothing. */
type Plain = string | number | boolean | bigint | symbol | null | undefined;
type Opaque = ArrayBufferView | KeyObject;

/** The paths at which a type holds a function. Maps, sets and lists count by what they hold. */
type FunctionsIn<T, Path extends string> = T extends (...args: never[]) => unknown
  ? Path
  : T extends Plain | Opaque
    ? never
    : T extends ReadonlyMap<infer K, infer V>
      ? FunctionsIn<K, `${Path}.key`> | FunctionsIn<V, `${Path}.value`>
      : T extends ReadonlySet<infer E>
        ? FunctionsIn<E, `${Path}.member`>
        : T extends readonly (infer E)[]
          ? FunctionsIn<E, `${Path}[]`>
          : { [K in keyof T & string]: FunctionsIn<T[K], `${Path}.${K}`> }[keyof T & string];

/**
 * Three memories are left out: of keys that were derived, of session tokens that were opened, and of
 * Authorization headers that were read. They give the same without what they remember, and read
 * nothing of the world.
 */
type Decided = Omit<Snapshot, "ring" | "opened" | "authorizations">;

/** "none", or the paths of the functions that somebody has added: then this does not compile. */
type Found = [FunctionsIn<Decided, "snapshot">] extends [never]
  ? "none"
  : FunctionsIn<Decided, "snapshot">;
const FOUND: Found = "none";

const SNAPSHOT = gatewayOf({
  policy: { bucketPolicies: "gateway", listBuckets: "filtered" },
  accounts: {
    lab: {
      policy: [
        {
          Effect: "Allow",
          Action: "s3:*",
          Resource: "arn:aws:s3:::b-${aws:username}/*",
          Condition: { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } },
        },
      ],
      users: { reader: { tier: "READ" } },
    },
  },
  buckets: {
    "b-1": {
      account: "lab",
      policy: {
        Version: "2012-10-17",
        Statement: [
          { Effect: "Deny", Principal: "*", Action: "s3:Get*", Resource: "arn:aws:s3:::b-1/x?*" },
        ],
      },
    },
  },
});

test("no function is in a snapshot, by type", () => assert.equal(FOUND, "none"));

test("no function is in a snapshot that was compiled of everything", () => {
  const { ring: _, opened: _opened, authorizations: _known, ...decided } = SNAPSHOT;
  assert.deepEqual(functionsIn(decided, "snapshot", new Set()), []);
});

/** The paths at which `value` holds a function or an object with methods of its own. */
function functionsIn(value: unknown, path: string, seen: Set<unknown>): readonly string[] {
  if (typeof value === "function") return [path];
  if (typeof value !== "object" || value === null || seen.has(value)) return [];
  seen.add(value);
  if (value instanceof Map) {
    return [...value].flatMap(([key, held]) => functionsIn(held, `${path}.${String(key)}`, seen));
  }
  if (ArrayBuffer.isView(value)) return [];
  if (value instanceof Set || Array.isArray(value)) {
    return [...value].flatMap((held, i) => functionsIn(held, `${path}[${i}]`, seen));
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!PLAIN.has(prototype)) return [path];
  return Object.entries(value).flatMap(([key, held]) => functionsIn(held, `${path}.${key}`, seen));
}

const PLAIN = new Set<unknown>([Object.prototype, null]);
