import { ADDRESSES } from "./address.ts";
import { BODIES } from "./bodies.ts";
import type { Hostile } from "./case.ts";
import { DOCUMENTS } from "./documents.ts";
import { FRAMINGS } from "./framings.ts";
import { GATES } from "./gates.ts";
import { HEADER_SIGNATURES } from "./header-signatures.ts";
import { KEY_STATES } from "./key-states.ts";
import { OPERATIONS } from "./operation.ts";
import { FORMS } from "./post-forms.ts";
import { QUERY_SIGNATURES } from "./query-signatures.ts";
import { SYNTAX } from "./syntax.ts";
import { V2_SIGNATURES } from "./v2-signatures.ts";

/** Every hostile request, by what is wrong with it. */
export const TABLES = {
  syntax: SYNTAX,
  address: ADDRESSES,
  operation: OPERATIONS,
  "header signature": HEADER_SIGNATURES,
  "query signature": QUERY_SIGNATURES,
  "V2 signature": V2_SIGNATURES,
  "key state": KEY_STATES,
  gate: GATES,
  body: BODIES,
  framing: FRAMINGS,
  document: DOCUMENTS,
  form: FORMS,
} as const satisfies Record<string, readonly Hostile[]>;

export const ROWS: readonly Hostile[] = Object.values(TABLES).flat();
