import type { RecentFailure } from "../observe/recent-requests.ts";
import { html, type Html } from "./html.ts";
import { nameOfHolder, mutedLine, requestTable, what, who, type RequestCells } from "./requests.ts";

/** The latest requests that were allowed and failed: by the store, on the way to it, or here. */
export function latestFailures(failures: readonly RecentFailure[]): Html {
  if (failures.length === 0) {
    return html`<p class="empty">No failures since the start.</p>`;
  }
  return requestTable(failures, "Failure", cellsOf);
}

function cellsOf(failure: RecentFailure): RequestCells {
  const { requestId, storeRequestId, path } = failure;
  return [
    who(failure, nameOfHolder(failure) ?? "nobody proved"),
    path === undefined
      ? what(failure)
      : html`<span>${failure.method}</span><code class="path">${path}</code>`,
    outcome(failure),
    html`<code class="id">${requestId}</code> ${
        storeRequestId === undefined
          ? undefined
          : html`<span class="line muted">at the store <code>${storeRequestId}</code></span>`
      }`,
  ];
}

function outcome(failure: RecentFailure): Html {
  const { status, errorCode, endpoint, rule } = failure;
  const answer = status === 0 ? "no answer" : String(status);
  return html`<span class="gate">${answer}</span>
    ${errorCode === undefined ? undefined : html`<span class="note">${errorCode}</span>`}
    <span class="line">${causeOf(failure)}</span>
    ${mutedLine(endpoint)} ${mutedLine(rule === errorCode ? undefined : rule)}`;
}

/** Returns who is to blame, and for what. */
function causeOf({ outcome, upstreamError, fault, endpoint }: RecentFailure): string {
  if (fault !== undefined) return `a bug in the gateway (${fault}): see its log`;
  if (upstreamError !== undefined) return `the store: ${upstreamError}`;
  if (outcome === "forwarded") return "answered so by the store";
  return endpoint === undefined ? "refused by the gateway" : "broken off";
}
