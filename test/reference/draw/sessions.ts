/** Sessions and revocations at random. */

import { between, oneOf } from "../../support/seeds.ts";
import type { Begun, Revoked, WrittenAccount } from "../world.ts";
import { EDGES, maybe, NOW_MS, ROLES, SESSIONS, type Random } from "./parts.ts";

/** Sessions of roles and of permanent keys, of which some are over and some revoked. */
export function drawSessions(
  random: Random,
  accounts: readonly WrittenAccount[],
  keepPolicy: () => string | undefined,
): readonly Begun[] {
  return Array.from({ length: 6 }, (_, i): Begun => {
    const account = oneOf(random, ["lab", "labs"] as const);
    const written = accounts.find(({ name }) => name === account);
    const users = written?.subusers ?? [];
    const holder = random() < 0.5 ? written : users[between(random, 0, users.length - 1)];
    const [parent] = holder?.keys ?? [];
    const ofKey =
      parent !== undefined && random() < 0.25 ? { parent: parent.accessKey } : undefined;
    const issuedMs = NOW_MS + oneOf(random, [0, -1000, -3_600_000] as const);
    const common = {
      accessKey: `ASIAABCDEFGHIJKLMN${"ABCDEF"[i]}A`,
      account,
      issuedMs,
      expiresMs: random() < 0.1 ? NOW_MS + 1000 : issuedMs + 7_200_000,
    };
    if (ofKey !== undefined) return { ...common, of: ofKey };
    const policy = random() < 0.6 ? keepPolicy() : undefined;
    const tag = oneOf(random, ["team", "Team", "other"] as const);
    const identity = maybe(random, 0.4, () => oneOf(random, ["a", "ab", "lab"] as const));
    const subject = oneOf(random, ["sam", "sue"] as const);
    return {
      ...common,
      of: { role: oneOf(random, ROLES), name: oneOf(random, SESSIONS) },
      ...(random() < 0.5 && { tags: { [tag]: oneOf(random, ["a", "ab", "*"] as const) } }),
      ...(policy !== undefined && { policy }),
      ...(identity !== undefined && { sourceIdentity: identity }),
      ...(random() < 0.5 && { federated: { issuer: "idp", subject } }),
    };
  });
}

export function drawRevoked(random: Random): Revoked {
  const role = oneOf(random, ["lab:a", "labs:b", "a"] as const);
  const session = oneOf(random, ["ann", "a", "ASIAABCDEFGHIJKLMNBA"] as const);
  const before = oneOf(random, EDGES);
  const person = { issuer: "idp", subject: oneOf(random, ["sam", "sue"] as const) };
  const what = oneOf<Revoked>(random, [
    { role },
    { session },
    { role, session },
    person,
    { ...person, role },
  ]);
  return { ...what, ...(random() < 0.6 && { before }) };
}
