import assert from "node:assert/strict";
import { test } from "node:test";
import { answered, answerFrom, type Deciding } from "../../../src/admission/deciding.ts";
import { NO_FACTS } from "../../../src/admission/facts.ts";
import type { Answer, Need } from "../../../src/admission/known.ts";

const TURN = { kind: "turn" } as const;
const REVOKED = { kind: "revocations", revoked: [] } as const;

/** Asks for a turn, and for the revoked sessions twice; returns the answers. */
function* asking(): Deciding<readonly Answer[]> {
  const turn = answered("turn", yield { need: TURN, facts: NO_FACTS });
  const first = answered("revocations", yield { need: { kind: "revocations" }, facts: NO_FACTS });
  const second = answered("revocations", yield { need: { kind: "revocations" }, facts: NO_FACTS });
  return [turn, first, second];
}

/** Memory that has turns alone. */
const turns = (need: Need): Answer | undefined => (need.kind === "turn" ? TURN : undefined);

test("answered() takes no answer to another question", () => {
  assert.equal(answered("turn", TURN), TURN);
  assert.throws(() => answered("turn", REVOKED), /Asked for "turn", got "revocations"/);
});

test("answerFrom() goes on as far as memory does, and from there with an answer", () => {
  const deciding = asking();
  const open = answerFrom(deciding, turns);
  assert.equal(open.done !== true && open.value.need.kind, "revocations");
  const still = answerFrom(deciding, turns, REVOKED);
  assert.equal(still.done !== true && still.value.need.kind, "revocations");
  const end = answerFrom(deciding, turns, REVOKED);
  assert.deepEqual(end, { done: true, value: [TURN, REVOKED, REVOKED] });
});

test("answerFrom() ends at once if memory has it all", () => {
  const memory = (need: Need): Answer => (need.kind === "turn" ? TURN : REVOKED);
  assert.equal(answerFrom(asking(), memory).done, true);
});
