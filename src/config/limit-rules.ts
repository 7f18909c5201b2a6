import type { Problem } from "../lib/problem.ts";
import type { ConfigDocument } from "./document.ts";
import {
  CONNECTIONS_DEFAULT,
  SPOOL_BYTES_DEFAULT,
  UNPROVED_BYTES_DEFAULT,
  XML_BYTES_DEFAULT,
} from "./gateway-schema.ts";
import { problemAt, quoted } from "./placed.ts";
import { parseSize } from "./scalars.ts";
import { pathOf, pattern, select } from "./select.ts";

/** Limits of gateway.yaml that a narrower one around them keeps from ever being met. */
export function gatewayLimitProblems(gateway: ConfigDocument): readonly Problem[] {
  return [
    ...unreachable(gateway, "limits.connectionsPerAddress", "limits.connections", {
      otherwise: CONNECTIONS_DEFAULT,
    }),
    ...unreachable(gateway, "limits.xmlBytes", "limits.bodyBytes"),
    ...unprovedBytesTooLow(gateway),
    ...unreachable(gateway, "formSpool.bytesPerAccount", "formSpool.bytes", {
      otherwise: SPOOL_BYTES_DEFAULT,
    }),
    ...unreachable(gateway, "limits.requestsPerSubuser", "limits.requestsPerAccount"),
    ...unreachable(gateway, "limits.concurrentRequestsPerSubuser", "limits.concurrentRequests"),
  ];
}

/** A document that `limits.xmlBytes` allows must fit, or it would read SlowDown for ever. */
function unprovedBytesTooLow(gateway: ConfigDocument): readonly Problem[] {
  const [all, one] = ["limits.unprovedBytes", "limits.xmlBytes"] as const;
  const held = amount(gateway, all) ?? UNPROVED_BYTES_DEFAULT;
  if (held >= (amount(gateway, one) ?? XML_BYTES_DEFAULT)) return [];
  const path = gateway.nodes.has(all) ? all : one;
  const bound = path === all ? `at least ${one}` : `at most ${all}`;
  const message = `It must be ${bound}${quoted(path, gateway.nodes.get(path))}`;
  const remedy = "Raise limits.unprovedBytes, or lower limits.xmlBytes";
  return [problemAt(gateway, path, { message, remedy })];
}

/** Checks the same in an accounts file: a subuser's use counts for its account too. */
export function accountLimitProblems(accounts: ConfigDocument): readonly Problem[] {
  const ofAccounts = new Map(
    select(accounts, ...ACCOUNT_LIMITS).map((limit) => [pathOf(limit), amountOf(limit.value)]),
  );
  return select(accounts, ...SUBUSER_LIMITS).flatMap((limit) => {
    const path = pathOf(limit);
    const outer = path.replace(/\.subusers\[\d+\]/, "");
    return ineffectiveLimit(
      accounts,
      [path, amountOf(limit.value)],
      [outer, ofAccounts.get(outer)],
    );
  });
}

const LIMITS = ["limits.requests", "limits.concurrentRequests"];
const ACCOUNT_LIMITS = LIMITS.map((limit) => pattern(`accounts[*].${limit}`));
const SUBUSER_LIMITS = LIMITS.map((limit) => pattern(`accounts[*].subusers[*].${limit}`));

function unreachable(
  document: ConfigDocument,
  inner: string,
  outer: string,
  { otherwise }: { readonly otherwise?: number } = {},
): readonly Problem[] {
  const most = amount(document, outer) ?? otherwise;
  return ineffectiveLimit(document, [inner, amount(document, inner)], [outer, most]);
}

/** A limit and its path. */
type Limit = readonly [path: string, amount: number | undefined];

function ineffectiveLimit(
  document: ConfigDocument,
  [inner, asked]: Limit,
  [outer, most]: Limit,
): readonly Problem[] {
  if (most === undefined || asked === undefined || asked <= most) return [];
  const message = `The limit has no effect: ${outer} is lower${quoted(inner, document.nodes.get(inner))}`;
  return [problemAt(document, inner, { message, remedy: `Lower it, or raise ${outer}` })];
}

/**
 * Returns a number or a size as written; `undefined` if it is absent, or the schema complains of
 * it.
 */
function amount({ nodes }: ConfigDocument, path: string): number | undefined {
  return amountOf(nodes.get(path)?.value);
}

function amountOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  const size = typeof value === "string" ? parseSize(value) : undefined;
  return size?.ok === true ? size.value : undefined;
}
