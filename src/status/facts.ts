import type { ConfigState } from "../observe/metrics.ts";
import { bytes, countText, dateTime, durationText, iso } from "./format.ts";
import { html, type Html } from "./html.ts";
import type { ProcessState, Status } from "./status.ts";
import type { EndpointState } from "../store/endpoint.ts";

/** Endpoints of the store, up or down. */
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

/** What is in force, and whether the last attempt to change it worked. */
export function configFacts({ generation, acceptedMs, refusedMs }: ConfigState): Html {
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
            : html`<span class="state bad">refused</span> ${moment(refusedMs)}: the log names each
                problem, and what was in force stays`
        }
      </dd>
    </div>
  </dl>`;
}

/** Each process of the gateway. */
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
