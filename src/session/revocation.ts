/** Ends sessions: those for which every field given here holds. */
export type Revocation = {
  /** `account:role`, or a role's name in whatever account. */
  readonly role?: string | undefined;
  /** The session's name, or the id of its access key. */
  readonly session?: string | undefined;
  /** The issuer's name in the configuration, and the `sub` of its token. */
  readonly issuer?: string | undefined;
  readonly subject?: string | undefined;
  /**
   * The end of the time in which revoked sessions began, in milliseconds since the epoch; absent if
   * later ones are revoked, too.
   */
  readonly before?: number | undefined;
};

/** The facts of a session that a revocation can ask for. */
export type Revocable = {
  readonly account: string;
  /** The role; `undefined` if the session is of none. */
  readonly role: string | undefined;
  readonly session: string | undefined;
  readonly accessKeyId: string;
  readonly federated: { readonly issuer: string; readonly subject: string } | undefined;
  readonly issuedMs: number;
};

/** Returns the first of `revoked` that ends the session; `undefined` if none does. */
export function revocationOf(
  session: Revocable,
  revoked: readonly Revocation[],
): Revocation | undefined {
  return revoked.find((one) => ends(one, session));
}

function ends(revocation: Revocation, session: Revocable): boolean {
  const { role, session: name, issuer, subject, before } = revocation;
  const { federated } = session;
  if (role === undefined && name === undefined && issuer === undefined) return false;
  if (role !== undefined && !isOfRole(role, session)) return false;
  if (name !== undefined && name !== session.session && name !== session.accessKeyId) return false;
  if (issuer !== undefined && issuer !== federated?.issuer) return false;
  if (subject !== undefined && subject !== federated?.subject) return false;
  return before === undefined || session.issuedMs < before;
}

function isOfRole(written: string, { account, role }: Revocable): boolean {
  return role !== undefined && (written === role || written === `${account}:${role}`);
}

/**
 * Returns the revocation in the operator's words, such as `role lab:writer, before
 * 2026-11-30T12:00:00.000Z`.
 */
export function revocationText({ role, session, issuer, subject, before }: Revocation): string {
  const parts = [
    role === undefined ? [] : [`role ${role}`],
    session === undefined ? [] : [`session ${session}`],
    issuer === undefined ? [] : [`issuer ${issuer}`],
    subject === undefined ? [] : [`subject ${subject}`],
    before === undefined ? [] : [`before ${new Date(before).toISOString()}`],
  ];
  return parts.flat().join(", ");
}
