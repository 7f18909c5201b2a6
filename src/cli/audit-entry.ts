import { z } from "zod";

/** A line of the audit log, as far as it is needed to decide its request again. */
export type AuditEntry = z.output<typeof AuditEntrySchema>;

const INPUTS = z.record(z.string(), z.string().nullable());

const RequestSchema = z.object({
  auth: z.enum(["none", "header", "query", "form"]),
  signature: z.enum(["v4", "v2"]).optional(),
  region: z.string().optional(),
  signedAt: z.iso.datetime().optional(),
  endsAt: z.iso.datetime().optional(),
  session: z
    .object({
      issuedAt: z.iso.datetime(),
      parent: z.string().optional(),
      tags: z.record(z.string(), z.string()).prefault({}),
      policy: z.string().optional(),
      sourceIdentity: z.string().optional(),
      issuer: z.string().optional(),
      subject: z.string().optional(),
    })
    .optional(),
  secure: z.boolean().prefault(false),
  tlsVersion: z.string().optional(),
  query: INPUTS.prefault({}),
  headers: INPUTS.prefault({}),
  deletes: z.array(z.array(z.string()).min(1).max(2)).optional(),
  denied: z.array(z.number()).optional(),
  clipped: z.boolean().prefault(false),
});

const AuditEntrySchema = z.object({
  time: z.iso.datetime(),
  requestId: z.string(),
  method: z.string(),
  operation: z.string(),
  sourceAddress: z.string().optional(),
  bucket: z.string().optional(),
  tenant: z.string().optional(),
  key: z.string().optional(),
  account: z.string().optional(),
  subuser: z.string().optional(),
  role: z.string().optional(),
  session: z.string().optional(),
  accessKeyId: z.string().optional(),
  userAgent: z.string().optional(),
  outcome: z.string().optional(),
  status: z.number().optional(),
  milliseconds: z.number().optional(),
  errorCode: z.string().optional(),
  decision: z.enum(["allow", "deny", "none"]),
  gate: z.string().optional(),
  rule: z.string().optional(),
  reported: z.boolean().prefault(false),
  request: RequestSchema.optional(),
});

/**
 * Returns the entry that `line` is; `undefined` for any other line, such as another program's log
 * line.
 */
export function parseEntry(line: string): AuditEntry | undefined {
  // Most other lines are told by their first character.
  if (!line.startsWith("{")) return undefined;
  try {
    const parsed = AuditEntrySchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined; // Only JSON.parse throws here.
  }
}

/** `account`, `account:subuser`, `role:account:role` or `anonymous`, as `--as` names who asked. */
export function identityOf({ account, subuser, role, accessKeyId }: AuditEntry): string {
  if (account !== undefined && role !== undefined) return `role:${account}:${role}`;
  if (account !== undefined) return subuser === undefined ? account : `${account}:${subuser}`;
  return accessKeyId === undefined ? "anonymous" : `key ${accessKeyId}`;
}
