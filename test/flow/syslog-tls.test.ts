/** Audit lines to a collector over TLS (RFC 5425): who it is, who we are, and renewed certificates. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test, type TestContext } from "node:test";
import type { TlsOptions } from "node:tls";
import { runDoctor } from "../../src/cli/doctor.ts";
import { startRecordingStore } from "../stores/recording.ts";
import { AUTHORITY, CLIENT, LOOPBACK, STRANGER_CLIENT } from "../support/certificates.ts";
import { writeConfig } from "../support/config-files.ts";
import { metricOf, startFlow, until, type Flow } from "../support/flow.ts";
import {
  lineIn,
  startCollectorOfSyslog,
  type SyslogCollector,
} from "../support/syslog-collector.ts";
import { ran } from "../support/terminal.ts";

/** What a gateway that is trusted by the collector has beside its configuration. */
const FILES = { "ca.pem": LOOPBACK.cert, "own.pem": CLIENT.cert, "own.key": CLIENT.key };
const OURS = { caFile: "ca.pem", clientCertificate: { cert: "own.pem", key: "own.key" } };
/** A collector that takes nobody without a certificate of the tests' authority. */
const STRICT: TlsOptions = { ...LOOPBACK, ca: AUTHORITY, requestCert: true };

const addressOf = ({ port }: SyslogCollector, host = "127.0.0.1"): string => `tls:${host}:${port}`;

async function flowWith(
  t: TestContext,
  syslog: Readonly<Record<string, unknown>>,
  files: Readonly<Record<string, string>>,
): Promise<Flow> {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  return startFlow(t, store.endpoint, { audit: { syslog }, files });
}

const keysOf = (collector: SyslogCollector): readonly unknown[] =>
  collector.frames().map((frame) => lineIn(frame)["key"]);

const ERRORS = 'audit_sink_errors_total{sink="syslog"}';
const LOST = 'audit_sink_lines_dropped_total{sink="syslog"}';

for (const [name, host] of [
  ["an address", "127.0.0.1"],
  ["a name", "localhost"],
] as const) {
  test(`a collector over TLS, found by ${name}, gets each line, the last ones at the end`, async (t) => {
    const collector = await startCollectorOfSyslog(t, { tls: STRICT });
    const flow = await flowWith(t, { address: addressOf(collector, host), ...OURS }, FILES);
    await flow.exchange("GET", "/photos/%C3%A9");
    await flow.exchange("GET", "/photos/last");
    await flow.gateway.close();
    await until(() => collector.frames().length === 2);
    assert.deepEqual(keysOf(collector), ["é", "last"]);
  });
}

const refused = [
  ["the collector is of no known authority", { ...FILES, "ca.pem": AUTHORITY }],
  [
    "the collector refuses the certificate",
    { ...FILES, "own.pem": STRANGER_CLIENT.cert, "own.key": STRANGER_CLIENT.key },
  ],
] as const;
for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  for (const [name, files] of refused) {
    test(`${version}: no line is lost while ${name}; renewed files need no restart`, async (t) => {
      const tls = { ...STRICT, minVersion: version, maxVersion: version };
      const collector = await startCollectorOfSyslog(t, { tls });
      const flow = await flowWith(t, { address: addressOf(collector), ...OURS }, files);
      await flow.exchange("GET", "/photos/kept");
      await until(async () => ((await metricOf(flow, ERRORS)) ?? 0) > 1);
      assert.deepEqual(keysOf(collector), []);
      await flow.gateway.reload({ files: FILES });
      await until(() => collector.frames().length === 1);
      assert.deepEqual(keysOf(collector), ["kept"]);
      assert.equal(await metricOf(flow, LOST), 0);
    });
  }
}

test("another collector needs a restart, and a certificate for it does not", async (t) => {
  const collector = await startCollectorOfSyslog(t, { tls: LOOPBACK });
  const address = addressOf(collector);
  const flow = await flowWith(t, { address, caFile: "ca.pem" }, FILES);
  const expiry =
    'certificate_expiry_timestamp_seconds{certificate="log.audit.syslog.clientCertificate"}';
  assert.equal(await metricOf(flow, expiry), undefined);
  await flow.gateway.reload({ audit: { syslog: { address, ...OURS } } });
  const { validToDate } = new X509Certificate(CLIENT.cert);
  assert.equal(await metricOf(flow, expiry), validToDate.getTime() / 1000);
  const other = { address: addressOf(collector, "localhost"), ...OURS };
  await assert.rejects(
    flow.gateway.reload({ audit: { syslog: other } }),
    /Cannot change log without a restart/,
  );
});

test("doctor connects to the collector, and says why it cannot", async (t) => {
  const collector = await startCollectorOfSyslog(t, { tls: STRICT });
  const address = addressOf(collector);
  const found = async (syslog: Readonly<Record<string, unknown>>): Promise<string> => {
    const config = writeConfig({ accounts: [], audit: { syslog }, files: FILES });
    return (await ran((terminal) => runDoctor({ config }, terminal))).out;
  };
  const good = await found({ address, ...OURS });
  assert.match(good, new RegExp(`ok {7}syslog ${address}: takes connections`));
  assert.match(good, /log\.audit\.syslog\.clientCertificate CN=client: ends on 2126-/);
  assert.match(await found({ address }), new RegExp(`problem {2}syslog ${address}: .*self-signed`));
  const unknown = await found({ address, caFile: "ca.pem" });
  assert.match(unknown, new RegExp(`problem {2}syslog ${address}: .*certificate required`, "i"));
  collector.stop();
  assert.match(await found({ address, ...OURS }), /problem {2}syslog .*ECONNREFUSED/);
});
