import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { OPTIONAL_PACKAGES } from "../../src/observe/version.ts";
import { buildIn, execForm, lastWord } from "../support/containerfile.ts";
import { DEPLOY, ROOT, textAt } from "../support/deploy.ts";
import { portOf } from "../support/ports.ts";
import { skipUnless } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import { ownProgram, succeeds } from "./programs.ts";

const hadolint = ownProgram("hadolint");

test("hadolint has no complaint", { skip: skipUnless([hadolint.need]) }, async () => {
  await succeeds(hadolint.path, [`${DEPLOY}container/Containerfile`]);
});

/** The user of the image, if this process may become another user. */
const [UID = 0, GID = 0] = lastWord("USER").text.split(":").map(Number);
const AS_USER = process.getuid?.() === 0 ? { uid: UID, gid: GID } : {};
/** Options by which Node refuses every write to a file: as on a read-only root. */
const READ_ONLY = [
  "--permission",
  "--allow-fs-read=*",
  "--allow-addons",
  // The process that reads the configuration, which may do no more than this one, and its thread.
  "--allow-child-process",
  "--allow-worker",
  "--no-warnings",
];

describe("the build of the Containerfile", () => {
  const folder = scratchFolder("image");
  const config = join(folder, "etc", "gateway.yaml");
  const program = join(folder, "node");
  let root = "";
  let store: http.Server;

  before(async () => {
    chmodSync(folder, 0o755);
    root = buildIn(folder);
    // It stands for the image's own program: that user need not have the right to read this
    // source's folder.
    copyFileSync(process.execPath, program);
    store = http.createServer((_, response) => response.end());
    await once(store.listen(0, "127.0.0.1"), "listening");
    mkdirSync(join(folder, "etc"));
    const endpoint = `http://127.0.0.1:${portOf(store.address())}`;
    const gateway = {
      listen: { address: "127.0.0.1:0" },
      admin: { address: "127.0.0.1:0" },
      upstream: { endpoints: [endpoint], store: "ceph" },
      identities: [{ accounts: "accounts.yaml" }],
    };
    writeFileSync(config, JSON.stringify(gateway));
    writeFileSync(join(folder, "etc", "accounts.yaml"), "accounts: []\n");
  });
  after(() => store.close());

  test("the image has the files that the gateway needs, and nothing more", () => {
    const app = join(root, "app");
    const expected = ["LICENSE", "NOTICES", "config", "dist", "node_modules", "package.json"];
    assert.deepEqual(readdirSync(app).sort(), expected);
    assert.deepEqual(readdirSync(join(app, "config")), ["providers"]);
    for (const tool of ["typescript", "oxlint"]) {
      assert.ok(!existsSync(join(app, "node_modules", tool)), tool);
    }
    for (const [name] of OPTIONAL_PACKAGES) {
      assert.ok(existsSync(join(app, "node_modules", name)), name);
    }
  });

  test("the image has the licence of every package in it", () => {
    const app = join(root, "app");
    const notices = readFileSync(join(app, "NOTICES"), "utf8");
    const lock = JSON.parse(readFileSync(join(app, "node_modules", ".package-lock.json"), "utf8"));
    const packages = Object.keys(lock.packages).map((path) => path.replace(/.*node_modules\//, ""));
    assert.ok(packages.length > 20);
    const missing = packages.filter((name) => !notices.includes(`\n${name} `));
    // It is installed under another name than its own.
    assert.deepEqual(missing, ["http-proxy"]);
    assert.ok(notices.includes("\nhttp-proxy-3 "));
    assert.match(notices, /Permission is hereby granted/);
  });

  test("as its user, without writing a file, it serves, is healthy, and ends with 0 at SIGTERM", async () => {
    const gateway = node(["serve", "--config", config]);
    const { admin } = await listening(gateway);
    const [cmd = "", ...check] = healthCheck(admin);
    assert.equal(cmd, "node");
    await succeeds(process.execPath, check);
    // The paths of Kubernetes' probes, and of Prometheus.
    for (const path of ["/healthz", "/readyz", "/metrics"]) {
      assert.equal((await fetch(`http://${admin}${path}`)).status, 200, path);
    }
    gateway.kill("SIGTERM");
    const [code] = await once(gateway, "exit");
    assert.equal(code, 0);
    await assert.rejects(succeeds(process.execPath, check), /ended with 1/);
  });

  test("every access model is found", async () => {
    for (const file of readdirSync(`${ROOT}config/providers`)) {
      const checked = join(folder, "etc", `with-${file}`);
      const policy = { provider: file.replace(".yaml", ""), anonymous: "deny" };
      writeFileSync(checked, JSON.stringify({ ...gatewayOf(), policy }));
      const child = node(["check", "--config", checked]);
      const [code] = await once(child, "exit");
      assert.equal(code, 0, file);
    }
  });

  /** Runs the image's entry point, as its user, unable to write. */
  function node(args: readonly string[]): ChildProcess {
    const [, ...entry] = execForm(lastWord("ENTRYPOINT").text);
    const options = entry.slice(0, -1);
    const main = join(root, entry.at(-1) ?? "");
    return spawn(program, [...READ_ONLY, ...options, main, ...args], {
      cwd: "/",
      env: { NODE_ENV: "production" },
      stdio: ["ignore", "pipe", "inherit"],
      ...AS_USER,
    });
  }
});

function gatewayOf(): Readonly<Record<string, unknown>> {
  return {
    upstream: { endpoints: ["http://127.0.0.1:1"], store: "ceph" },
    identities: [{ accounts: "accounts.yaml" }],
  };
}

/** Returns the image's health check, for another admin port. */
function healthCheck(admin: string): readonly string[] {
  const [, command = ""] = /^CMD (.*)$/.exec(lastWord("HEALTHCHECK").text) ?? [];
  return execForm(command).map((word) => word.replace("127.0.0.1:9090", admin));
}

/** Resolves with the addresses of a gateway, as its log has them. */
async function listening(gateway: ChildProcess): Promise<{ readonly admin: string }> {
  if (gateway.stdout === null) throw new Error("Expected a pipe");
  for await (const line of createInterface({ input: gateway.stdout })) {
    const entry: unknown = JSON.parse(line);
    if (textAt(entry, "msg") === "listening") return { admin: textAt(entry, "admin") };
  }
  throw new Error("The gateway ended before it listened");
}
