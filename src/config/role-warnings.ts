import type { Problem } from "../lib/problem.ts";
import type { Statement } from "../policy/policy.ts";
import { EVERY_KEY } from "../policy/trust-rules.ts";
import type { AccountConfig } from "./config.ts";

/**
 * Returns warnings for roles whose trust is legal but hardly meant: for everybody, or for nobody.
 */
export function roleWarnings({ name, roles }: AccountConfig): readonly Problem[] {
  return roles.flatMap((role) => {
    const allows = role.trust.statements.filter(({ effect }) => effect === "Allow");
    const named = `The role "${name}:${role.name}"`;
    if (!allows.some(begins)) {
      const message = `${named} can be assumed by nobody: its trust allows no sts:AssumeRole call`;
      return [warningOf(role.trust.statements[0], role.trust.file, message, NOBODY)];
    }
    return allows
      .filter((statement) => begins(statement) && isForAll(statement))
      .map((statement) =>
        warningOf(statement, role.trust.file, `${named} ${assumableBy(statement)}`, EVERYBODY),
      );
  });
}

const NOBODY = "Allow sts:AssumeRole or sts:AssumeRoleWithWebIdentity";
const EVERYBODY = "Name a subject, or add a Condition on a claim or an external id";

function begins({ actions: { set, negated } }: Statement): boolean {
  return ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"].some(
    (action) => set.actions.has(action) !== negated,
  );
}

/** Returns true if every key, or every subject of an issuer, can take on the role. */
function isForAll({ principals, conditions }: Statement): boolean {
  const names = [...(principals?.names ?? [])];
  const isOpen =
    principals?.everyone === true ||
    names.some((name) => name === EVERY_KEY || name.startsWith("federated:"));
  return isOpen && conditions.every(({ valueTexts }) => valueTexts.includes("*"));
}

function assumableBy({ principals }: Statement): string {
  const issuers = [...(principals?.names ?? [])].filter((name) => name.startsWith("federated:"));
  return issuers.length === 0
    ? "can be assumed by everybody who has a key"
    : `can be assumed by every subject of ${issuers.map((name) => name.slice(10)).join(", ")}`;
}

function warningOf(
  statement: Statement | undefined,
  file: string,
  message: string,
  remedy: string,
): Problem {
  return { file, line: statement?.place.line, column: undefined, path: "trust", message, remedy };
}
