import { NOBODY_RULE } from "../admission/authenticate.ts";
import { refuserOf, type RecentDenial } from "../observe/recent-requests.ts";
import { encodeComponent, encodePath } from "../http/percent.ts";
import { isOperationName, operationNamed } from "../s3/operations.ts";
import { html, type Html } from "./html.ts";
import { queryOf } from "./question.ts";
import { nameOfHolder, mutedLine, requestTable, what, who, type RequestCells } from "./requests.ts";

/** The latest denials, each with a link that explains it. */
export function latestDenials(denials: readonly RecentDenial[]): Html {
  if (denials.length === 0) {
    return html`<p class="empty">
      No denials since the start. Every gate has let everything through.
    </p>`;
  }
  return requestTable(denials, "Why", cellsOf);
}

function cellsOf(denial: RecentDenial): RequestCells {
  return [
    who(denial, nameOf(denial)),
    what(denial),
    why(denial),
    html`<code class="id">${denial.requestId}</code>${explainLink(denial)}`,
  ];
}

function nameOf(denial: RecentDenial): string {
  const name = nameOfHolder(denial);
  if (name !== undefined) return name;
  if (denial.gate === "request" && denial.accessKeyId === undefined) return "not known";
  const isNobody = denial.accessKeyId === undefined && denial.gate !== "authentication";
  return isNobody || denial.rule === NOBODY_RULE ? "anonymous" : "not proved";
}

function why(denial: RecentDenial): Html {
  const { claim, rule, errorCode, reported } = denial;
  return html`<span class="gate">${refuserOf(denial)}</span>
    ${reported ? html`<span class="note">let through: report mode</span>` : undefined}
    <span class="line">${claim ?? rule}</span>
    ${mutedLine(claim === undefined ? placeOf(denial) : rule)}
    ${mutedLine(errorCode === rule ? undefined : errorCode)}`;
}

function placeOf({ ruleFile, ruleLine }: RecentDenial): string | undefined {
  if (ruleFile === undefined) return undefined;
  return ruleLine === undefined ? ruleFile : `${ruleFile}:${ruleLine}`;
}

function explainLink(denial: RecentDenial): Html | undefined {
  const { requestId, accessKeyId, sourceAddress: ip } = denial;
  const request = requestLine(denial);
  if (request === undefined) return undefined;
  // The very key that was used: the identity's others may be in force.
  const identity = accessKeyId === undefined ? { anonymous: true } : { as: accessKeyId };
  const query = queryOf({ ...identity, ...(ip !== undefined && { ip }), request });
  return html`<a class="line" href="/?${query}#explain" aria-label="Explain request ${requestId}"
    >Explain</a
  >`;
}

/**
 * Returns the request as it may have been. `undefined` if that is not known: it was no request or
 * proved nobody, not all of it is shown, or a header that is not kept decided it.
 */
function requestLine({
  clipped,
  gate,
  claim,
  operation,
  bucket,
  key,
  versionId,
}: RecentDenial): string | undefined {
  if (clipped || gate === "request" || gate === "authentication") return undefined;
  // The policy that was refused is not kept.
  if (claim !== undefined) return undefined;
  if (!isOperationName(operation)) return undefined;
  const { method, level, required, header } = operationNamed(operation);
  if (header !== undefined) return undefined;
  const parameters = required.map(({ name, value }) =>
    value === "" ? name : `${name}=${value ?? ""}`,
  );
  if (versionId !== undefined) parameters.push(`versionId=${encodeComponent(versionId)}`);
  const query = parameters.length === 0 ? "" : `?${parameters.join("&")}`;
  if (level === "service") return `${method} /${query}`;
  const path = level === "object" ? `${bucket ?? ""}/${encodePath(key ?? "")}` : (bucket ?? "");
  return `${method} /${path}${query}`;
}
