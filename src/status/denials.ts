import { NOBODY_RULE } from "../admission/authenticate.ts";
import type { RecentDenial } from "../observe/recent.ts";
import { encodeComponent, encodePath } from "../http/percent.ts";
import { isOperationName, operationNamed } from "../s3/operations.ts";
import { countText, dateTime, iso } from "./format.ts";
import { html, type Html } from "./html.ts";
import { queryOf } from "./question.ts";

/** The latest denials as a table, which becomes a list of cards where the window is narrow. */
export function latestDenials(denials: readonly RecentDenial[]): Html {
  if (denials.length === 0) {
    return html`<p class="empty">
      No denials since the start. Every gate has let everything through.
    </p>`;
  }
  const more = denials.slice(SHOWN_AT_ONCE);
  return html`${table(denials.slice(0, SHOWN_AT_ONCE))}
  ${
    more.length === 0
      ? undefined
      : html`<details>
          <summary>${countText(more.length)} more</summary>
          ${table(more)}
        </details>`
  }`;
}

/** What follows below the table should be found without going through a hundred denials. */
const SHOWN_AT_ONCE = 10;

function table(denials: readonly RecentDenial[]): Html {
  // Without the roles it would be no table any more where the style makes cards of its rows.
  return html`<table class="denials" role="table">
    <thead role="rowgroup">
      <tr role="row">
        ${COLUMNS.map((name) => html`<th scope="col" role="columnheader">${name}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${denials.map(row)}
    </tbody>
  </table>`;
}

const COLUMNS = ["Time (UTC)", "Who", "What", "Why", "Request"] as const;

function row(denial: RecentDenial): Html {
  const { timeMs, requestId } = denial;
  const [day, time] = dateTime(timeMs).split(" ");
  const cells = [
    html`<time datetime="${iso(timeMs)}">${time}${mutedLine(day)}</time>`,
    who(denial),
    what(denial),
    why(denial),
    html`<code class="id">${requestId}</code>${explainLink(denial)}`,
  ];
  return html`<tr role="row">
    ${cells.map((cell, i) => html`<td role="cell" data-name="${COLUMNS[i]}"><div>${cell}</div></td>`)}
  </tr>`;
}

function mutedLine(text: string | undefined): Html | undefined {
  return text === undefined ? undefined : html`<span class="line muted">${text}</span>`;
}

function who(denial: RecentDenial): Html {
  const { accessKeyId, sourceAddress } = denial;
  return html`<b>${nameOf(denial)}</b>
    ${accessKeyId === undefined ? undefined : html`<code class="line">${accessKeyId}</code>`}
    ${mutedLine(sourceAddress ?? "address unknown")}`;
}

function nameOf(denial: RecentDenial): string {
  const name = identityOf(denial);
  if (name !== undefined) return name;
  if (denial.gate === "request" && denial.accessKeyId === undefined) return "not known";
  const isNobody = denial.accessKeyId === undefined && denial.gate !== "authentication";
  return isNobody || denial.rule === NOBODY_RULE ? "anonymous" : "not proved";
}

function identityOf({ account, subuser }: RecentDenial): string | undefined {
  return subuser === undefined ? account : `${account}:${subuser}`;
}

function what({ method, operation, bucket, key, versionId }: RecentDenial): Html {
  const name = operation === "Unknown" ? `${method}, no S3 operation` : operation;
  const path = key === undefined ? bucket : `${bucket}/${key}`;
  return html`<span>${name}</span>
    ${path === undefined ? undefined : html`<code class="path">${path}</code>`}
    ${mutedLine(versionId && `version ${versionId}`)}`;
}

function why(denial: RecentDenial): Html {
  const { gate, rule, errorCode, reported } = denial;
  return html`<span class="gate">${gate}</span>
    ${reported ? html`<span class="note">let through: report mode</span>` : undefined}
    <span class="line">${rule}</span>
    ${mutedLine(placeOf(denial))} ${mutedLine(errorCode === rule ? undefined : errorCode)}`;
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
 * The request as it may have been; undefined where that cannot be told, since it was no request or
 * proved nobody, since not all of it is shown, or since a header that is not kept made it what it
 * was.
 */
function requestLine({
  clipped,
  gate,
  operation,
  bucket,
  key,
  versionId,
}: RecentDenial): string | undefined {
  if (clipped || gate === "request" || gate === "authentication") return undefined;
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
