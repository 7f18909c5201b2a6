import { z } from "zod";
import { ActionsSchema, NetworksSchema } from "./gateway-schema.ts";
import { parseAccessKey, parseInstant, parsePrincipalName, parseSecret } from "./scalars.ts";
import { someText, text } from "./shape.ts";

const credential = {
  accessKey: text(parseAccessKey),
  secretKey: text(parseSecret),
};

const KeySchema = z.strictObject({
  ...credential,
  sessionToken: text(parseSecret)
    .optional()
    .describe("The only X-Amz-Security-Token that the key may come with; absent: none"),
  notBefore: text(parseInstant).optional().describe("The key is not good earlier"),
  expires: text(parseInstant).optional().describe("The key is not good from then on"),
  disabled: z.boolean().prefault(false),
  networks: NetworksSchema,
});

const PoliciesSchema = z.array(someText()).prefault([]);

const SubuserSchema = z.strictObject({
  name: text(parsePrincipalName),
  tier: z
    .string()
    .optional()
    .describe(
      "READ, WRITE, READWRITE, FULL or a name of policy.tiers; absent: only what policies allow",
    ),
  policies: PoliciesSchema.describe("Identity policies of this subuser, JSON files"),
  keys: z.array(KeySchema).prefault([]),
  networks: NetworksSchema,
  blockedActions: ActionsSchema.describe("Actions that this subuser may not do"),
});

const AccountSchema = z.strictObject({
  name: text(parsePrincipalName),
  upstream: z
    .strictObject(credential)
    .optional()
    .describe("How the store sees this account; absent: the client's own key signs upstream too"),
  keys: z.array(KeySchema).prefault([]),
  networks: NetworksSchema,
  blockedActions: ActionsSchema.describe("Actions that nobody of this account may do"),
  policies: PoliciesSchema.describe("Identity policies for everybody of this account, JSON files"),
  subusers: z.array(SubuserSchema).prefault([]),
});

/** accounts.yaml: who may come, by which keys. Times in milliseconds since the epoch. */
export const AccountsSchema = z.strictObject({ accounts: z.array(AccountSchema) });

export type AccountsFile = z.output<typeof AccountsSchema>;
