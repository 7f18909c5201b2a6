import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { REAL_STORES } from "../../stores/real-stores.ts";
import { skipUnless } from "../../support/requirement.ts";
import type { Day } from "../steps.ts";
import { chosenClients } from "./all.ts";
import type { OwnClient, OwnDifference } from "./frame.ts";
import { placeOf, prepare, type Grounds, type Store, type Way } from "./grounds.ts";
import { readerNeeds } from "./reader.ts";

/**
 * Makes a test of each step of each client: on the real store of that name, and through a gateway in
 * front of it. `S3WARDEN_CLIENT=name,name` leaves the others out.
 */
export function spendDays(storeName: string): void {
  const store = REAL_STORES.find(({ name }) => name === storeName);
  if (store === undefined) throw new Error(`No store ${storeName}`);
  const skip = store.skip === false ? skipUnless(readerNeeds(store.kind)) : store.skip;
  describe(`on ${store.name}`, { skip }, () => {
    let grounds: Grounds | undefined;
    before(async () => {
      grounds = await prepare(store);
    });
    after(() => grounds?.stop());
    for (const client of chosenClients()) {
      describe(client.name, { skip: skipUnless(client.needs) }, () => {
        const days = new Map<Way, Day>();
        before(async () => {
          assert.ok(grounds !== undefined);
          for (const way of ["direct", "gateway"] as const) {
            days.set(way, await client.spend(await placeOf(grounds, client, way)));
          }
        });
        for (const step of Object.keys(client.steps)) {
          test(`${client.name} ${step} directly on ${store.name}`, () => {
            expectStep(client, store, "direct", step, days);
          });
          test(`${client.name} ${step} through the gateway to ${store.name}`, () => {
            expectStep(client, store, "gateway", step, days);
          });
        }
        test(`${client.name} has the expected outcomes on ${store.name}, and no others`, () => {
          const { direct, gateway } = Object.fromEntries(days);
          assert.deepEqual([...(direct?.keys() ?? [])], Object.keys(client.steps));
          assert.deepEqual([...(gateway?.keys() ?? [])], Object.keys(client.steps));
        });
      });
    }
  });
}

function expectStep(
  client: OwnClient,
  store: Store,
  way: Way,
  step: string,
  days: ReadonlyMap<Way, Day>,
): void {
  const usual = client.steps[step];
  const outcome = days.get(way)?.get(step);
  assert.ok(outcome !== undefined, `the client did not report "${step}"`);
  const difference = differenceOf(client, store, way, step);
  if (difference === undefined) {
    assert.deepEqual(outcome, usual);
  } else if (difference.outcome === undefined) {
    assert.equal(
      difference.way,
      "direct",
      "The list has exactly the differences through the gateway",
    );
    assert.notDeepEqual(outcome, usual, "It is listed as a difference, and there is none");
  } else {
    assert.deepEqual(outcome, difference.outcome);
  }
}

function differenceOf(
  client: OwnClient,
  store: Store,
  way: Way,
  step: string,
): OwnDifference | undefined {
  return client.differences.find(
    (one) =>
      one.stores.includes(store.kind) &&
      (one.way === way || one.way === "both") &&
      one.steps.includes(step),
  );
}
