import assert from "node:assert/strict";
import { test } from "node:test";
import { CONFIG_FOLDER, deployText, drainSeconds, mountedConfig } from "../../support/deploy.ts";

const UNIT = deployText("systemd/s3warden.service");
const GATEWAY = deployText("systemd/gateway.yaml");

/** The only value of a setting of the unit. */
function setting(name: string): string {
  const values = [...UNIT.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map(([, value]) => value);
  assert.equal(values.length, 1, name);
  return values[0] ?? "";
}

test("the unit's configuration is good", () => {
  const { log } = mountedConfig(
    new Map([
      [`${CONFIG_FOLDER}/gateway.yaml`, GATEWAY],
      [`${CONFIG_FOLDER}/accounts.yaml`, deployText("systemd/accounts.yaml")],
      [`${CONFIG_FOLDER}/secrets/lab-store`, "store"],
      [`${CONFIG_FOLDER}/secrets/lab-key`, "key"],
    ]),
  );
  // What systemd lets the gateway write, and what logrotate puts aside.
  assert.equal(log.audit?.file, `/var/log/${setting("LogsDirectory")}/audit.jsonl`);
  assert.ok(deployText("systemd/s3warden.logrotate").includes(`\n${log.audit?.file} {`));
});

test("the unit starts, reloads and ends the gateway as it wants to be", () => {
  const start =
    /^\/usr\/bin\/node --max-semi-space-size=8 --v8-pool-size=2 \/opt\/s3warden\/dist\/main\.js serve --config (\S+)$/;
  const [, file] = start.exec(setting("ExecStart")) ?? [];
  assert.equal(file, `/etc/${setting("ConfigurationDirectory")}/gateway.yaml`);
  assert.match(setting("ExecReload"), / -HUP \$MAINPID$/);
  assert.equal(setting("KillSignal"), "SIGTERM");
  assert.equal(setting("KillMode"), "mixed");
  const [, stop = ""] = /^(\d+)s$/.exec(setting("TimeoutStopSec")) ?? [];
  assert.ok(Number(stop) > drainSeconds(GATEWAY));
});

test("the unit is started again however it ended, for as long as it takes", () => {
  assert.equal(setting("Restart"), "always");
  assert.equal(setting("StartLimitIntervalSec"), "0");
  const [unit = ""] = UNIT.split("\n[Service]\n");
  assert.ok(unit.includes("\nStartLimitIntervalSec="), "systemd reads it in [Unit] only");
});

test("a rotation while the unit is stopped fails at nothing", () => {
  const [, script = ""] =
    /^ {4}postrotate\n([\s\S]*?)^ {4}endscript$/m.exec(deployText("systemd/s3warden.logrotate")) ??
    [];
  const commands = script.split("\n").filter((line) => /^ *[^# ]/.test(line));
  assert.deepEqual(
    commands.map((line) => line.trim()),
    ["systemctl try-reload-or-restart s3warden.service"],
  );
});

test("the unit's user is the one that sysusers and logrotate make and name", () => {
  assert.equal(setting("User"), setting("Group"));
  assert.match(deployText("systemd/s3warden.sysusers"), new RegExp(`^u ${setting("User")} `, "m"));
  const owner = `create 0640 ${setting("User")} ${setting("Group")}`;
  assert.ok(deployText("systemd/s3warden.logrotate").includes(owner));
});
