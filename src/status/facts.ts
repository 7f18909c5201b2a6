import type { ConfigState } from "../observe/metrics.ts";
import { bytes, countText, dateTime, durationText, iso } from "./format.ts";
import { html, type Html } from "./html.ts";
import type { ProcessState, ProvedState, Status } from "./status.ts";
import type { EndpointState } from "../store/endpoint.ts";

/** Returns the table of the store's endpoints, up or down. */
export function endpointTable(endpoints: readonly EndpointState[]): Html {
  return html`<table>
    <thead>
      <tr>
        <th scope="col">Endpoint</th>
        <th scope="col">State</th>
        <th scope="col" class="number">In flight</th>
      </tr>
    </thead>
    <tbody>
      ${endpoints.map(
        ({ origin, up, requestsInFlight }) =>
          html`<tr>
            <th scope="row"><code>${origin}</code></th>
            <td>
              ${up ? html`<span class="state good">up</span>` : html`<span class="state bad">down</span>`}
            </td>
            <td class="number">${countText(requestsInFlight)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/**
 * Returns the configuration in force, what was proved of it, and the result of the last attempt to
 * change it.
 */
export function configFacts({ config, proved }: Status): Html {
  const { generation, acceptedMs, refusedMs } = config;
  return html`<dl class="facts">
    <div>
      <dt>Generation</dt>
      <dd>${countText(generation)}</dd>
    </div>
    <div>
      <dt>In force since</dt>
      <dd>${moment(acceptedMs)}</dd>
    </div>
    <div>
      <dt>Last reload</dt>
      <dd>
        ${
          refusedMs === undefined
            ? html`<span class="state good">accepted</span>`
            : html`<span class="state bad">refused</span> ${moment(refusedMs)}: the reasons stand
                above`
        }
      </dd>
    </div>
    <div>
      <dt>Claims</dt>
      <dd>${claims(proved)}</dd>
    </div>
  </dl>`;
}

function claims(proved: ProvedState | undefined): Html {
  if (proved === undefined) return html`<span class="muted">none: see reload.claims</span>`;
  const { file, atMs, holding, undecided } = proved;
  return html`<span class="state good">${countText(holding)} proved</span> ${moment(atMs)}
    ${undecided === 0 ? undefined : html`<span class="state warn">${countText(undecided)} not decided</span>`}
    <code class="line">${file}</code>`;
}

/** Returns the reasons why the present files are not in force. */
export function reasons({ refusedFor, refusedCount }: ConfigState): Html {
  const more = refusedCount - refusedFor.length;
  return html`<ul class="reasons">
    ${refusedFor.map((reason) => html`<li>${reason}</li>`)}
    ${more > 0 ? html`<li class="muted">and ${countText(more)} more: see s3warden check</li>` : undefined}
  </ul>`;
}

/**
 * Returns the sources that vouch for clients besides the configuration; `undefined` if there are
 * none.
 */
export function sourceTable({ issuers, identities }: Status): Html | undefined {
  if (issuers.length + identities.length === 0) return undefined;
  return html`<table>
    <thead>
      <tr>
        <th scope="col">Source</th>
        <th scope="col">State</th>
        <th scope="col" class="number">Keys</th>
      </tr>
    </thead>
    <tbody>
      ${identities.map(({ kind, endpoint, state, keys }) => sourceRow(kind, endpoint, STATES[state], keys))}
      ${issuers.map(({ name, url, state, keys, ageMs, failure }) => {
        const age = ageMs === undefined ? undefined : `keys ${durationText(ageMs)} old`;
        return sourceRow(`issuer ${name}`, url, STATES[state], keys, failure ?? age);
      })}
    </tbody>
  </table>`;
}

function sourceRow(
  name: string,
  url: string,
  { looks, word }: (typeof STATES)[keyof typeof STATES],
  keys: number,
  more?: string,
): Html {
  return html`<tr>
    <th scope="row">${name}<code class="line">${url}</code></th>
    <td>
      <span class="state ${looks}">${word}</span>
      ${more === undefined ? undefined : html`<span class="line muted">${more}</span>`}
    </td>
    <td class="number">${countText(keys)}</td>
  </tr>`;
}

const STATES = {
  ok: { looks: "good", word: "up" },
  unasked: { looks: "", word: "not asked yet" },
  away: { looks: "bad", word: "does not answer" },
  lost: { looks: "bad", word: "no keys" },
  refused: { looks: "bad", word: "refuses our credential" },
} as const;

/** Returns the table of the gateway's processes. */
export function processTable({ processes, timeMs }: Status): Html {
  return html`<table>
    <thead>
      <tr>
        <th scope="col">Process</th>
        <th scope="col">Up for</th>
        <th scope="col" class="number">Memory</th>
        <th scope="col" class="number">Connections</th>
        <th scope="col" class="number">In flight</th>
      </tr>
    </thead>
    <tbody>
      ${processes.map((one) => processRow(one, timeMs))}
    </tbody>
  </table>`;
}

function processRow(process: ProcessState, nowMs: number): Html {
  const { pid, startedMs, residentBytes, connections, requestsInFlight } = process;
  return html`<tr>
    <th scope="row">${pid}</th>
    <td>${durationText(nowMs - startedMs)}</td>
    <td class="number">${bytes(residentBytes)}</td>
    <td class="number">${countText(connections)}</td>
    <td class="number">${countText(requestsInFlight)}</td>
  </tr>`;
}

function moment(ms: number): Html {
  return html`<time datetime="${iso(ms)}">${dateTime(ms)}</time>`;
}
