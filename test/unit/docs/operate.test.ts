/** docs/operate.md against the code: metrics, fields of the audit log, defaults and the rolling restart. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { pino } from "pino";
import { openIdentities } from "../../../src/identity/identities.ts";
import { auditLine } from "../../../src/observe/audit-line.ts";
import { Metrics } from "../../../src/observe/metrics.ts";
import type { AccessRecord } from "../../../src/observe/record.ts";
import { goodConfig } from "../../support/config.ts";
import { at, deployText, documentsIn } from "../../support/deploy.ts";
import { gatewayOf } from "../../support/kubernetes.ts";
import { blocks, pageOf, section, table } from "./page.ts";

const PAGE = pageOf("operate.md");

/** What stands between backticks. */
function codes(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}

test("docs/operate.md lists every metric of the gateway itself", async () => {
  const rows = table(section(PAGE, "Metrics"), "metric");
  const told = new Set(rows.flatMap(([name = ""]) => codes(name)));
  const all = await new Metrics().registry.getMetricsAsJSON();
  const own = all.map(({ name }) => name).filter((name) => !/_(process|nodejs)_/.test(name));
  assert(own.length > 15);
  assert.deepEqual(
    own.filter((name) => !told.has(name)),
    [],
  );
  const [nodes = ""] = section(PAGE, "Metrics").match(/^Of Node's own.*$/m) ?? [];
  for (const name of codes(nodes).filter((code) => !code.includes("…"))) {
    assert(
      all.some((metric) => metric.name === name),
      name,
    );
  }
});

/** Every value is there, so that every field is written. */
const RECORD: AccessRecord = {
  timeMs: 0,
  requestId: "1",
  sourceAddress: "192.0.2.1",
  method: "GET",
  operation: "GetObject",
  tenant: "t",
  path: "/p",
  decision: "deny",
  limit: "body_bytes",
  unknown: { kind: "header", name: "x-amz-odd" },
  bucket: "b",
  key: "k",
  versionId: "v",
  account: "lab",
  subuser: "reader",
  accessKeyId: "AK",
  outcome: "forwarded",
  status: 200,
  errorCode: "AccessDenied",
  gate: "tier",
  rule: "READ",
  ruleFile: "f.json",
  ruleLine: 1,
  reported: true,
  endpoint: "http://store",
  bytesIn: 1,
  bytesOut: 1,
  durationMs: 1,
  firstByteMs: 1,
  upstreamError: "reset",
  userAgent: "aws",
  storeRequestId: "2",
  invocationId: "3",
};

test("docs/operate.md describes every field of an audit line, and no other", () => {
  const line: unknown = JSON.parse(auditLine(RECORD, { auth: "none" }));
  assert(typeof line === "object" && line !== null);
  const told = table(section(PAGE, "Audit log"), "field").flatMap(([names = ""]) => codes(names));
  assert.deepEqual(told.toSorted(), Object.keys(line).toSorted());
});

test("docs/operate.md: the defaults of limits are those of config/gateway.yaml", () => {
  const example = readFileSync(new URL("../../../config/gateway.yaml", import.meta.url), "utf8");
  const [limits = ""] = example.match(/^limits:\n(?: {2}.*\n)+/m) ?? [];
  const written = [...limits.matchAll(/^ {2}(\w+): (\S+)/gm)];
  assert(written.length > 5);
  const told = new Map(
    table(section(PAGE, "Limits"), "setting").flatMap(([names = "", value]) =>
      codes(names).map((name) => [name, value] as const),
    ),
  );
  for (const [, name = "", value] of written) assert.equal(told.get(name), value, name);
});

test("docs/operate.md: the load balancer notices within drainDelay, as in the test of restarts", () => {
  const [haproxy = ""] = blocks(PAGE, "haproxy");
  const [, interval, fall] = /inter (\d+)s fall (\d+)/.exec(haproxy) ?? [];
  const limits = blocks(PAGE, "yaml").find((text) => text.includes("drainDelay"));
  const { limits: parsed } = goodConfig({ "gateway.yaml": `${LEAST}${limits}` });
  assert(parsed.drainDelayMs >= Number(interval) * (Number(fall) + 1) * 1000);

  const tried = new URL("../../tools/rolling-restart.test.ts", import.meta.url);
  const text = readFileSync(tried, "utf8");
  for (const line of ["mode http", "option httpchk GET /readyz", "default_backend gateways"]) {
    assert(haproxy.includes(line) && text.includes(line), line);
  }
});

const LEAST = `upstream: { endpoints: ["http://store:7480"], store: ceph }
identities: [{ accounts: accounts.yaml }]
`;

test("docs/operate.md: unknown keys get the error of the code while Ceph does not answer", async () => {
  // Nothing listens on port 1.
  const ceph = `{ endpoint: "http://127.0.0.1:1", accessKey: AKGATEWAY, secretKey: secret }`;
  const config = goodConfig({
    "gateway.yaml": `upstream: { endpoints: ["http://store:7480"], store: ceph }\nidentities: [{ ceph: ${ceph} }]\n`,
  });
  const identities = openIdentities(config, new Metrics(), pino({ enabled: false }));
  const found = await identities?.key("AKIAEXAMPLEUNKNOWN01");
  await identities?.close();
  assert(found !== undefined && !found.ok);
  const [, alert = ""] = PAGE.split("### S3wardenIdentitiesUnavailable\n");
  assert.match(alert, new RegExp(`^.*unknown ones are refused with \`${found.error.code}\``, "m"));
  const away = table(section(PAGE, "When something is away"), "away");
  const [, clients = ""] = away.find(([what]) => what === "Ceph's Admin Ops API") ?? [];
  assert.match(clients, new RegExp(`unknown ones get \`${found.error.code}\``));
});

test("docs: in Kubernetes, pods that are not ready for want of a store take no connections", () => {
  const deployment = documentsIn(deployText("kubernetes/base/deployment.yaml"))[0];
  const probe = at(gatewayOf(deployment), "readinessProbe/httpGet/path");
  assert.equal(probe, "/readyz");
  for (const page of [PAGE, pageOf("deploy.md")]) {
    assert.match(page, /^.*`\/readyz` is 503.*get a refused connection/m);
  }
});

test("docs/operate.md: two keys of one user, as in the rotation", () => {
  const keys = blocks(PAGE, "yaml").find((text) => text.startsWith("keys:"));
  const indented = (keys ?? "").replaceAll(/^/gm, "    ").trimEnd();
  const accounts = `accounts:\n  - name: lab\n${indented}\n`;
  const secrets = { "reader.secret": "first", "reader-2.secret": "second" };
  const config = goodConfig({ "accounts.yaml": accounts, ...secrets });
  assert.equal(config.accounts[0]?.keys.length, 2);
});
