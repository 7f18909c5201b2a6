import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isInForce,
  readRecord,
  RECORD_BYTES_MAX,
  writeRecord,
  type StoredRecord,
} from "../../../src/state/record.ts";

const RECORD: StoredRecord = {
  owner: "alice",
  policy: '{ "Version": "2012-10-17",\r\n\t"Statement": [] } \u{1f512}\u2028',
  at: 1_760_000_000_000,
  by: "alice:writer",
};

test("a record is read as it was written, its policy to the last character", () => {
  for (const record of [RECORD, { ...RECORD, policy: undefined }, { ...RECORD, policy: "" }]) {
    assert.deepEqual(readRecord(writeRecord(record)), { ok: true, value: record });
  }
});

test("a pending change is read as it was written, in a version that older gateways refuse", () => {
  for (const kind of ["create", "attempt", "delete"] as const) {
    const record = { ...RECORD, pending: { kind, sinceMs: 1_760_000_000_001 } };
    assert.match(writeRecord(record).toString(), /^\{"version":2,/);
    assert.deepEqual(readRecord(writeRecord(record)), { ok: true, value: record });
    assert.equal(isInForce(record), kind === "delete");
  }
  assert.equal(isInForce(RECORD), true);
});

test("shares are read as they were written, in a field that older gateways refuse", () => {
  const shares = [
    { with: "colleague", permissions: "READ", untilMs: undefined },
    { with: "lab:ann", permissions: "FULL", untilMs: 1_900_000_000_000 },
    { with: "Mary Lou", permissions: "WRITE", untilMs: 0 },
  ];
  const record = { ...RECORD, shares };
  assert.deepEqual(readRecord(writeRecord(record)), { ok: true, value: record });
  const pending = { kind: "delete", sinceMs: 1_760_000_000_001 } as const;
  assert.deepEqual(readRecord(writeRecord({ ...record, pending })), {
    ok: true,
    value: { ...record, pending },
  });
  for (const wrong of ["", "READ colleague", "READ x colleague", "READ - ", "READ -1 a", "a\n"]) {
    const text = JSON.stringify({ version: 1, owner: "a", at: 1, by: "a", shares: wrong });
    assert.equal(readRecord(Buffer.from(text)).ok, false, wrong);
  }
});

test("a record is written the same whatever the order of its fields", () => {
  const { owner, policy, at, by } = RECORD;
  assert.deepEqual(writeRecord({ by, at, policy, owner }), writeRecord(RECORD));
});

test("the format is this", () => {
  assert.equal(
    writeRecord({ owner: "a", policy: "{}", at: 5, by: "a:b" }).toString(),
    '{"version":1,"owner":"a","policy":"{}","at":5,"by":"a:b"}\n',
  );
});

const good = '"version":1,"owner":"a","at":5,"by":"a"';
const second = good.replace("1", "2");
const refused: readonly (readonly [what: string, text: string | Buffer, error: RegExp])[] = [
  ["nothing", "", /not JSON/],
  ["half a record", `{${good.slice(0, 20)}`, /not JSON/],
  ["a record and more", `{${good}}{}`, /not JSON/],
  ["bytes that are no UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), /not UTF-8/],
  ["a list", `[{${good}}]`, /nested too deeply/],
  ["a text", '"a"', /not a JSON object/],
  ["an unknown field", `{${good},"expires":1}`, /Unknown field "expires"/],
  ["a field of every object", `{${good},"constructor":"x"}`, /Unknown field "constructor"/],
  ["a field given twice", `{${good},"owner":"b"}`, /"owner" is given twice/],
  ["a null policy", `{${good},"policy":null}`, /"policy" must be a string/],
  ["a policy that is an object", `{${good},"policy":{}}`, /nested too deeply/],
  ["an owner that is a number", `{"version":1,"owner":1,"at":5,"by":"a"}`, /must be a string/],
  ["no version", `{"owner":"a","at":5,"by":"a"}`, /version is missing/],
  ["a later version", `{${good.replace("1", "3")}}`, /version is 3, not 1 or 2/],
  ["a second version without what is pending", `{${good.replace("1", "2")}}`, /got nothing/],
  ["a first version with something pending", `{${good},"pending":"delete","since":5}`, /Version 1/],
  ["something else pending", `{${second},"pending":"rename","since":5}`, /got rename/],
  ["something pending since ever", `{${second},"pending":"delete"}`, /"since" must be milli/],
  ["something pending since a text", `{${second},"pending":"delete","since":"5"}`, /a number/],
  ["a version as text", `{${good.replace("1", '"1"')}}`, /must be a number/],
  ["no owner", `{"version":1,"at":5,"by":"a"}`, /is missing/],
  ["no time", `{"version":1,"owner":"a","by":"a"}`, /is missing/],
  ["no author", `{"version":1,"owner":"a","at":5}`, /is missing/],
  ["a time with a fraction", `{${good.replace("5", "5.5")}}`, /milliseconds: got 5.5/],
  ["a negative time", `{${good.replace("5", "-5")}}`, /milliseconds: got -5/],
  ["too much", Buffer.alloc(RECORD_BYTES_MAX + 1, " "), /longer than 262144/],
];
for (const [what, text, error] of refused) {
  test(`readRecord() refuses ${what}`, () => {
    const read = readRecord(Buffer.from(text));
    assert(!read.ok);
    assert.match(read.error, error);
  });
}
