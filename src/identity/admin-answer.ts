import { z } from "zod";
import type { ForeignKey, ForeignUser } from "../config/foreign.ts";
import { unavailable, type SourceAnswer } from "./source-answer.ts";

export { unavailable } from "./source-answer.ts";

/** The question to RGW: whose an access key is, or for a user by its id, such as `tenant$user`. */
export type AdminQuestion =
  | { readonly kind: "key"; readonly accessKeyId: string }
  | { readonly kind: "user"; readonly userId: string };

/**
 * The answer of RGW. "nobody" may also mean that the gateway's own user may not ask, which RGW answers
 * alike.
 */
export type AdminAnswer = SourceAnswer<ForeignUser>;

/**
 * Reads the answer to `GET /admin/user?access-key=…` or `?uid=…` ("Get user info", Ceph's Admin Ops
 * API). An unknown access key is 403 in Ceph 16, the same as missing capabilities, and 404 in others.
 */
export function readAnswer(status: number, body: Buffer, asked: AdminQuestion): AdminAnswer {
  if (status === 403 || status === 404) return { kind: "nobody" };
  if (status !== 200) return unavailable("source", `The answer has status ${status}`);
  const answer = UserSchema.safeParse(jsonOf(body));
  if (!answer.success) return unavailable("key", "The response is not a user of Ceph");
  const user = userOf(answer.data);
  if (user === undefined) return unavailable("key", "The response has a key of another user");
  if (isAnswerTo(asked, user)) return { kind: "user", user };
  return unavailable("key", "The response is about another user");
}

function isAnswerTo(asked: AdminQuestion, { tenant, name, keys }: ForeignUser): boolean {
  if (asked.kind === "user") return asked.userId === idOf(tenant, name);
  return keys.some((key) => key.accessKeyId === asked.accessKeyId);
}

function idOf(tenant: string, name: string): string {
  return tenant === "" ? name : `${tenant}$${name}`;
}

/** Neither of the two characters that join names of Ceph's, or `a$b` could be two users. */
const NameSchema = z.string().regex(/^[^$:\p{Cc}]{1,256}$/u);
const SecretSchema = z.string().min(1).max(1024);

/** The part of the answer that is needed; each version of Ceph has more in it. */
const UserSchema = z.object({
  tenant: z.union([NameSchema, z.literal("")]),
  user_id: NameSchema,
  suspended: z.union([z.literal(0), z.literal(1), z.boolean()]),
  subusers: z.array(z.object({ id: z.string(), permissions: z.string() })),
  keys: z.array(
    z.object({
      user: z.string(),
      access_key: z.string().min(1),
      secret_key: SecretSchema,
      // Since Ceph 19.
      active: z.boolean().optional(),
    }),
  ),
});

type Answer = z.output<typeof UserSchema>;

/**
 * Reads a user; `undefined` if a key in it is that of another user, so the rest is not to be
 * trusted either.
 */
function userOf({ tenant, user_id, suspended, subusers, keys }: Answer): ForeignUser | undefined {
  const id = idOf(tenant, user_id);
  const read = keys.map((key) => keyOf(key, id));
  const own = read.filter((key) => key !== undefined);
  if (own.length < read.length) return undefined;
  return {
    tenant,
    name: user_id,
    suspended: suspended === 1 || suspended === true,
    subusers: new Map(
      subusers.flatMap((subuser) => {
        const name = subuserIn(subuser.id, id);
        return name === undefined ? [] : [[name, subuser.permissions] as const];
      }),
    ),
    keys: own,
  };
}

function keyOf(key: Answer["keys"][number], id: string): ForeignKey | undefined {
  const subuser = subuserIn(key.user, id);
  if (subuser === undefined && key.user !== id) return undefined;
  const { access_key: accessKeyId, secret_key: secret, active = true } = key;
  return { accessKeyId, secret, subuser, disabled: !active };
}

/**
 * Returns the name after the colon of `user:subuser`; `undefined` if `name` is no subuser of the
 * user `id`.
 */
function subuserIn(name: string, id: string): string | undefined {
  return name.startsWith(`${id}:`) && name.length > id.length + 1
    ? name.slice(id.length + 1)
    : undefined;
}

/** Parses JSON; `undefined` if it is none, which no schema takes. */
function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(UTF8.decode(body));
  } catch {
    return undefined;
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });
