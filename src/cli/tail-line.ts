import { printable } from "../lib/words.ts";
import { identityOf, type AuditEntry } from "./audit-entry.ts";
import { colour, type Colour } from "./colours.ts";

/**
 * Returns an audit entry as one line for people: time, status, outcome, identity, request, and
 * reason. Text is printed so that it cannot move the cursor: clients chose some, and the file may be anybody's.
 */
export function tailLine(entry: AuditEntry, isColoured: boolean): string {
  const { time, status = 0, operation, milliseconds, sourceAddress = "-" } = entry;
  const outcome = entry.reported ? "reported" : (entry.outcome ?? entry.decision);
  const words = [
    colour(time.slice(0, 19).replace("T", " "), "faint", isColoured),
    colour(`${status} ${printable(outcome).padEnd(9)}`, toneOf(entry), isColoured),
    printable(identityOf(entry)).padEnd(16),
    printable(sourceAddress).padEnd(15),
    colour(printable(operation), "strong", isColoured),
    printable(placeOf(entry)),
    milliseconds === undefined ? "" : colour(`${milliseconds.toFixed(1)} ms`, "faint", isColoured),
    colour(printable(reasonOf(entry)), toneOf(entry), isColoured),
    status >= 400 || status === 0 ? colour(printable(entry.requestId), "faint", isColoured) : "",
  ];
  return words.filter((word) => word !== "").join("  ");
}

function toneOf({ decision, outcome, status = 0, reported }: AuditEntry): Colour {
  if (outcome === "failed" || outcome === "gateway_fault" || status >= 500) return "bad";
  if (decision === "deny" || reported || status >= 400) return "odd";
  return "good";
}

function placeOf({ bucket, tenant, key }: AuditEntry): string {
  if (bucket === undefined) return "";
  const name = tenant === undefined || tenant === "" ? bucket : `${tenant}:${bucket}`;
  return key === undefined ? name : `${name}/${key}`;
}

function reasonOf({ errorCode, gate, rule }: AuditEntry): string {
  const why = [gate, rule].filter((word) => word !== undefined).join(": ");
  return [errorCode, why].filter((word) => word !== undefined && word !== "").join(" by ");
}
