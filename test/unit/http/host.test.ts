import assert from "node:assert/strict";
import { test } from "node:test";
import { hostProblem, isHost } from "../../../src/http/host.ts";

const hosts = [
  "s3.example.org",
  "S3.EXAMPLE.ORG:8080",
  "s3.example.org.",
  "old_bucket.s3.example.org",
  "localhost:",
  "203.0.113.7:65535",
  "[2001:db8::1]",
  "[::ffff:192.0.2.1]:9000",
  "a%20b",
] as const;
for (const host of hosts) {
  test(`isHost() takes ${JSON.stringify(host)}`, () => assert.equal(isHost(host), true));
}

const others = [
  ["nothing", ""],
  ["a port alone", ":8080"],
  ["two ports", "oth:r.s3.example.org:80"],
  ["a name behind the port", "oth:r.s3.example.org"],
  ["a port beyond 65535", "s3.example.org:65536"],
  ["a negative port", "s3.example.org:-1"],
  ["a path", "s3.example.org/bucket"],
  ["a backslash", "s3.example.org\\bucket"],
  ["a query", "s3.example.org?a"],
  ["a fragment", "s3.example.org#a"],
  ["user information", "user@s3.example.org"],
  ["a scheme", "http://s3.example.org"],
  ["a list", "a.example.org, b.example.org"],
  ["a blank", "s3.example .org"],
  ["half an escape", "s3%2.example.org"],
  ["a byte above ASCII", "s3.\xe9xample.org"],
  ["IPv6 without brackets", "2001:db8::1"],
  ["IPv4 in brackets", "[192.0.2.1]"],
  ["brackets around nothing", "[]"],
  ["a bracket that does not close", "[2001:db8::1"],
  ["a zone", "[fe80::1%25eth0]"],
  ["a name behind brackets", "[2001:db8::1].s3.example.org"],
  ["an address of the future", "[v1.a:b]"],
] as const;
for (const [what, host] of others) {
  test(`isHost() refuses ${what}`, () => assert.equal(isHost(host), false));
}

const ONE = "The request must have exactly one Host header";
const problems = [
  ["no Host", [], ONE],
  ["two", ["host", "a", "host", "a"], ONE],
  ["an empty one", ["host", ""], ONE],
  ["a malformed one", ["host", "a/b"], 'The Host header is not a host and port: got "a/b"'],
  ["nothing to refuse", ["accept", "*/*", "host", "a"], undefined],
] as const;
for (const [what, headers, expected] of problems) {
  test(`hostProblem() finds ${what}`, () => assert.equal(hostProblem(headers), expected));
}
