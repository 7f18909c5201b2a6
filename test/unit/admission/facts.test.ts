/** The facts of a request for its record: which denial counts, who was it, in whose name to ask. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  decisionOf,
  type Denial,
  firstDenial,
  GATE_NAMES,
  type Gate,
  NO_FACTS,
  withCaller,
  withPassed,
} from "../../../src/admission/facts.ts";
import { decide, gatewayOf } from "./people.ts";

const denial = (gate: Gate, rule: string = gate): Denial => ({ gate, rule, place: undefined });

test("of two denials the gate that comes first counts, in whatever order they are found", () => {
  GATE_NAMES.forEach((early, i) => {
    for (const late of GATE_NAMES.slice(i + 1)) {
      const [one, other] = [denial(early), denial(late)];
      assert.equal(firstDenial(one, other), one);
      assert.equal(firstDenial(other, one), one);
    }
  });
});

test("of two denials of one gate the first counts, and a denial before none", () => {
  const [one, other] = [denial("tier", "A"), denial("tier", "B")];
  assert.equal(firstDenial(one, other), one);
  assert.equal(firstDenial(one, undefined), one);
  assert.equal(firstDenial(undefined, one), one);
  assert.equal(firstDenial(undefined, undefined), undefined);
});

test("what was denied is a denial, though other parts passed; what nobody asked is neither", () => {
  const denied = { ...NO_FACTS, denial: denial("allow") };
  assert.equal(decisionOf(NO_FACTS), "none");
  assert.equal(decisionOf(denied), "deny");
  assert.equal(decisionOf(withPassed(denied, undefined)), "deny");
  assert.equal(decisionOf(withPassed(NO_FACTS, undefined)), "allow");
});

describe("the name in which the store is asked, after parts that are", () => {
  for (const [parts, expected] of [
    [[undefined], undefined],
    [["owner"], "owner"],
    [["caller", "caller"], "caller"],
    [["owner", undefined], "owner"],
    [[undefined, "owner"], "owner"],
    [["caller", "owner"], "both"],
    [["owner", "caller"], "both"],
    [["owner", "caller", "owner"], "both"],
  ] as const) {
    test(`${parts.join(", ")}: ${expected}`, () => {
      const facts = parts.reduce((before, actor) => withPassed(before, actor), NO_FACTS);
      assert.deepEqual(facts, { ...NO_FACTS, passed: true, actor: expected });
    });
  }
});

test("of a request whose address cannot be read nothing is known, and nobody judged it", () => {
  const { facts } = decide(gatewayOf({ accounts: { A: {} } }), undefined, "GET /photos/%zz");
  const { operation, bucket, denial: refusal, passed, reported } = facts;
  assert.deepEqual([operation, bucket, refusal], ["Unknown", undefined, undefined]);
  assert.deepEqual([passed, reported], [false, false]);
});

test("the caller is added to what was known before, and nobody adds nothing", () => {
  const snapshot = gatewayOf({ accounts: { A: { users: { ann: { tier: "FULL" } } } } });
  const { facts } = decide(snapshot, "A:ann", "GET /photos/k?versionId=v");
  assert(facts.proved !== undefined);
  const key = snapshot.keys.get("AKID.A.ann") ?? assert.fail();
  const before = {
    ...NO_FACTS,
    operation: "DeleteObjects",
    bucket: "photos",
    tenant: "t",
    key: "k",
    versionId: "v",
    denial: denial("allow"),
    passed: true,
    entries: [],
    entriesDenied: [1],
    actor: "both",
    reported: true,
  } as const;
  const { proved } = facts;
  assert.deepEqual(withCaller(before, { kind: "known", key, proved }), {
    ...before,
    accessKeyId: "AKID.A.ann",
    account: "A",
    subuser: "ann",
    session: undefined,
    proved,
  });
  assert.equal(withCaller(before, { kind: "anonymous" }), before);
  const account = { kind: "known", key: { ...key, subuser: undefined }, proved } as const;
  assert.equal(withCaller(before, account).subuser, undefined);
});
