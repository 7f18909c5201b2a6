/** Something that a test needs besides npm, and how to get it. */
export type Requirement = {
  readonly name: string;
  readonly present: boolean;
  /** A command to type. */
  readonly install: string;
};

/**
 * Returns the `skip` of `node:test`: false if everything is installed, else a reason that says how
 * to get it. With `S3WARDEN_REQUIRE_ALL=1` (CI) nothing is skipped: it throws.
 */
export function skipUnless(requirements: readonly Requirement[]): string | false {
  const missing = requirements.filter((requirement) => !requirement.present);
  if (missing.length === 0) return false;
  const names = missing.map((requirement) => requirement.name).join(", ");
  const reason = `no ${names}: ${[...new Set(missing.map((one) => one.install))].join(" && ")}`;
  if (process.env["S3WARDEN_REQUIRE_ALL"] === "1") throw new Error(`Cannot skip: ${reason}`);
  return reason;
}
