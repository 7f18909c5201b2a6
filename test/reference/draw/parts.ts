/**
 * What worlds and requests are drawn of, biased to edges: names that begin alike, addresses in IPv6's
 * clothes, times on the second.
 */

import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { between, oneOf } from "../../support/seeds.ts";
import type { Model, Networks } from "../world.ts";

export type Random = () => number;

export const MODELS = ["aws", "atman", "lumi-o", "coscine", "nutanix", "qumulo"] as const;
export type ModelName = (typeof MODELS)[number];

export const NOW_MS = Date.parse("2026-11-22T12:00:00Z");

export function modelOf(name: ModelName): Model {
  const url = new URL(`../../../config/providers/${name}.yaml`, import.meta.url);
  return parse(readFileSync(url, "utf8"));
}

export const MODEL: Readonly<Record<ModelName, Model>> = {
  aws: modelOf("aws"),
  atman: modelOf("atman"),
  "lumi-o": modelOf("lumi-o"),
  coscine: modelOf("coscine"),
  nutanix: modelOf("nutanix"),
  qumulo: modelOf("qumulo"),
};

/** Where `likely` in [0, 1] says so, what `make` makes. */
export function maybe<T>(random: Random, likely: number, make: () => T): T | undefined {
  return random() < likely ? make() : undefined;
}

export function some<T>(random: Random, choices: readonly [T, ...T[]], most: number): readonly T[] {
  return Array.from({ length: between(random, 1, most) }, () => oneOf(random, choices));
}

export const ADDRESSES = [
  "198.51.100.7",
  "198.51.100.255",
  "198.51.101.0",
  "::ffff:198.51.100.7",
  "::ffff:c633:6407",
  "2001:db8::1",
  "2001:db8:1::1",
  "192.0.2.1",
] as const;

export const NETWORKS = [
  "198.51.100.0/24",
  "198.51.100.7",
  "198.51.100.0/31",
  "::ffff:198.51.100.0/120",
  "2001:db8::/48",
  "2001:db8::/32",
  "0.0.0.0/0",
  "::/0",
] as const;

export function networks(random: Random): Networks {
  const allow = maybe(random, 0.7, () => some(random, NETWORKS, 2));
  const deny = maybe(random, 0.4, () => some(random, NETWORKS, 1));
  return { ...(allow && { allow }), ...(deny && { deny }) };
}

export const BUCKETS = ["data", "data-raw", "inbox", "free"] as const;
export const KEYS = [
  "a",
  "ab",
  "a/b",
  "a/a/b",
  "ab/x",
  "ä/b",
  "b",
  "x/a*b",
  "a\nb",
  "raw/1",
  "raw",
] as const;

export const PEOPLE = ["lab:a", "lab:ab", "labs:a", "labs:c"] as const;

/** Roles that are called as subusers are, and names of their sessions. */
export const ROLES = ["a", "b"] as const;
export const SESSIONS = ["ann", "a"] as const;

export const EDGES = [
  "2026-11-22T12:00:00Z",
  "2026-11-22T12:00:01Z",
  "2026-11-22T11:59:59Z",
] as const;
