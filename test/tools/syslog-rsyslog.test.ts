/** Audit lines in a real rsyslog, over TLS with a certificate of ours. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { startRecordingStore } from "../stores/recording.ts";
import { AUTHORITY, CLIENT, LOOPBACK } from "../support/certificates.ts";
import { startFlow, until } from "../support/flow.ts";
import { freePorts } from "../support/ports.ts";
import { skipUnless } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import { debianProgram } from "./programs.ts";

const [driver] = globSync("/usr/lib/*/rsyslog/lmnsd_ossl.so");
const PACKAGES = "rsyslog rsyslog-openssl";
const { present, ...rsyslog } = debianProgram("rsyslogd", PACKAGES);
const skip = skipUnless([{ ...rsyslog, present: present && driver !== undefined }]);

const CONF = (folder: string, port: number): string => `
global(
  workDirectory="${folder}"
  defaultNetstreamDriver="ossl"
  defaultNetstreamDriverCAFile="${folder}/ca.pem"
  defaultNetstreamDriverCertFile="${folder}/cert.pem"
  defaultNetstreamDriverKeyFile="${folder}/key.pem"
)
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="x509/certvalid")
template(name="fields" type="string" string="%syslogfacility-text%.%syslogseverity-text% %app-name% %msgid% %structured-data% %msg%\\n")
ruleset(name="kept") { action(type="omfile" file="${folder}/kept" template="fields") }
input(type="imtcp" address="127.0.0.1" port="${port}" ruleset="kept")
`;

/** Starts a rsyslogd that ends with the test; the gateway tries until it listens. */
async function startRsyslog(t: TestContext): Promise<{ port: number; kept: () => string }> {
  const folder = scratchFolder("rsyslog");
  const [port = 0] = await freePorts(1);
  const files = {
    "ca.pem": AUTHORITY,
    "cert.pem": LOOPBACK.cert,
    "key.pem": LOOPBACK.key,
    "rsyslog.conf": CONF(folder, port),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const args = ["-n", "-f", join(folder, "rsyslog.conf"), "-i", join(folder, "pid")];
  const child = spawn("/usr/sbin/rsyslogd", args, { stdio: ["ignore", "inherit", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const file = join(folder, "kept");
  const kept = (): string => {
    assert.equal(child.exitCode, null, "rsyslogd has ended");
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  };
  return { port, kept };
}

test("rsyslog reads each audit line that comes over TLS", { skip }, async (t) => {
  const { port, kept } = await startRsyslog(t);
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const syslog = {
    address: `tls:127.0.0.1:${port}`,
    caFile: "ca.pem",
    clientCertificate: { cert: "own.pem", key: "own.key" },
  };
  const files = { "ca.pem": LOOPBACK.cert, "own.pem": CLIENT.cert, "own.key": CLIENT.key };
  const flow = await startFlow(t, store.endpoint, { audit: { syslog }, files });
  for (const key of ["%C3%A9", "b", "c"]) await flow.exchange("GET", `/photos/${key}`);
  await until(() => kept().split("\n").length === 4);
  const lines = kept().trimEnd().split("\n");
  const HEADER = "local0.info s3warden audit - ";
  assert.deepEqual(
    lines.map((line) => line.slice(0, HEADER.length)),
    lines.map(() => HEADER),
  );
  const written = readFileSync(flow.gateway.auditFile, "utf8").trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => line.slice(HEADER.length)),
    written,
  );
});
