import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  parseAccessKey,
  parseDomain,
  parseDuration,
  parseEndpoint,
  parseInstant,
  parseRegion,
  parseSecret,
  parseSize,
  parseSocketAddress,
} from "../../../src/config/scalars.ts";

const durations = [
  ["500ms", 500],
  ["30s", 30_000],
  ["5m", 300_000],
  ["1h", 3_600_000],
  ["7d", 604_800_000],
  ["0s", 0],
] as const;
for (const [text, milliseconds] of durations) {
  test(`parseDuration() reads "${text}"`, () => {
    assert.deepEqual(parseDuration(text), { ok: true, value: milliseconds });
  });
}

const sizes = [
  ["512B", 512],
  ["64KiB", 65_536],
  ["1MB", 1_000_000],
  ["1kB", 1000],
  ["1KB", 1000],
  ["2MiB", 2_097_152],
  ["5GiB", 5_368_709_120],
  ["1GB", 1_000_000_000],
  ["1TB", 1_000_000_000_000],
  ["1TiB", 1_099_511_627_776],
] as const;
for (const [text, bytes] of sizes) {
  test(`parseSize() reads "${text}"`, () => {
    assert.deepEqual(parseSize(text), { ok: true, value: bytes });
  });
}

test("parseDuration() and parseSize() multiply any whole number by its unit", () => {
  const amount = fc.integer({ min: 0, max: 8191 });
  const seconds = { ms: 1 / 1000, s: 1, m: 60, h: 3600, d: 86_400 };
  const powers = { KiB: 10, MiB: 20, GiB: 30, TiB: 40 };
  fc.assert(
    fc.property(amount, fc.constantFrom(...Object.entries(seconds)), (number, [unit, worth]) => {
      const value = parseDuration(`${number}${unit}`);
      assert.ok(value.ok);
      assert.equal(value.value, Math.round(number * worth * 1000));
    }),
  );
  fc.assert(
    fc.property(amount, fc.constantFrom(...Object.entries(powers)), (number, [unit, power]) => {
      assert.deepEqual(parseSize(`${number}${unit}`), { ok: true, value: number * 2 ** power });
    }),
  );
});

const noQuantity = [
  ..."|30|s|30 s|-30s|+30s|3.5s|1e3s|30S|30sec|30s | 30s|1h30m|0x10s|٣s|30s\n".split("|"),
  "999999999999999d",
  "1".repeat(400) + "s",
];
for (const text of noQuantity) {
  test(`parseDuration() and parseSize() refuse ${JSON.stringify(text).slice(0, 30)}`, () => {
    assert.equal(parseDuration(text).ok, false);
    assert.equal(parseSize(text.replace("s", "B").replace("d", "TiB")).ok, false);
  });
}

const refusals = [
  [parseSize, ["64Kib", "64kib", "64K", "64k", "64Ki", "64mb", "1PiB"]],
  [
    parseSocketAddress,
    [
      "",
      "8080",
      ":8080",
      "h:",
      "h:65536",
      "h:-1",
      "h:80x",
      "::1:80",
      "[::1]",
      "http://h:80",
      "h:80/",
      "a b:80",
      "h:080808",
    ],
  ],
  [
    parseEndpoint,
    [
      "",
      "store",
      "store:80",
      "//store",
      "http://",
      "http:store",
      "http:\\\\store",
      "HTTP://store",
      "http://store/",
      "http://store/p",
      "http://store?q",
      "http://store#f",
      "http://u@store",
      'http://a"b',
      'http://a","b',
      // Which IDNA makes a quotation mark.
      "http://a\uff02b",
      "http://a{b}",
      "http://a,b",
      "http://a'b",
      "http://a`b",
      "http://a$b",
      "http://u:p@store",
      "http://sto re",
      "http://store:0x50",
      "http://store:70000",
      "http://[::1",
      "ftp://store",
      " http://store",
    ],
  ],
  [
    parseDomain,
    [
      "",
      ".",
      "a..b",
      ".a",
      "a.",
      "-a",
      "a-",
      "A.b",
      "a_b",
      "*.a",
      "a:80",
      "ä.de",
      "a".repeat(64),
      "a.".repeat(127) + "a",
    ],
  ],
  [
    parseInstant,
    [
      "",
      "2027",
      "2027-01",
      "2027-13-01",
      "2027-02-29",
      "01/02/2027",
      "2027-01-01T00:00:00",
      "2027-01-01 00:00:00Z",
      "2027-01-01T24:00:00Z",
      "tomorrow",
      "1798761600",
    ],
  ],
  [parseAccessKey, ["", "a b", "a,b", "a/b", "a\nb", "ä", "a".repeat(129)]],
  [parseRegion, ["", "us east", "us/east", "us,east", "us-east-1\n"]],
  [parseSecret, ["", " a", "a ", "a\n", "a\nb", "a\u0000b"]],
] as const;
for (const [read, texts] of refusals) {
  for (const text of texts) {
    test(`${read.name}() refuses ${JSON.stringify(text).slice(0, 60)}`, () => {
      assert.equal(read(text).ok, false);
    });
  }
}

const readings = [
  [parseSocketAddress, "0.0.0.0:8080", { host: "0.0.0.0", port: 8080 }],
  [parseSocketAddress, "[::]:443", { host: "::", port: 443 }],
  [parseSocketAddress, "localhost:0", { host: "localhost", port: 0 }],
  [parseEndpoint, "http://store:7480", { origin: "http://store:7480", authority: "store:7480" }],
  [parseEndpoint, "http://store:80", { origin: "http://store", authority: "store" }],
  [parseEndpoint, "https://store:443", { origin: "https://store", authority: "store" }],
  [parseEndpoint, "https://store:80", { origin: "https://store:80", authority: "store:80" }],
  [parseEndpoint, "http://[::1]:9000", { origin: "http://[::1]:9000", authority: "[::1]:9000" }],
  [parseDomain, "s3.example.org", "s3.example.org"],
  [parseDomain, "localhost", "localhost"],
  [parseInstant, "2027-01-01", 1_798_761_600_000],
  [parseInstant, "2027-01-01T00:00:00Z", 1_798_761_600_000],
  [parseInstant, "2027-01-01T01:00:00+01:00", 1_798_761_600_000],
  [parseInstant, "2028-02-29T00:00:00.500Z", 1_835_395_200_500],
  [parseRegion, "us-east-1", "us-east-1"],
  [parseAccessKey, "AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"],
  [parseAccessKey, "project$user:sub-1.a_b@c~+", "project$user:sub-1.a_b@c~+"],
  [parseSecret, "wJalrXUtnFEMI/K7MDENG+b ä", "wJalrXUtnFEMI/K7MDENG+b ä"],
] as const;
for (const [read, text, value] of readings) {
  test(`${read.name}() reads "${text}"`, () => {
    assert.deepEqual(read(text), { ok: true, value });
  });
}
