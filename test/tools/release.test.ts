/** Tests the output of .ci/release, and the package installed as its users install it. */
import assert from "node:assert/strict";
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { parse } from "yaml";
import { at, listAt, ROOT, textAt } from "../support/deploy.ts";
import { runProgram, type Ended } from "../support/program.ts";
import { skipUnless } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import { ownProgram, succeeds } from "./programs.ts";

const PACKAGE: unknown = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));
const VERSION = textAt(PACKAGE, "version");
/** The whole line: what it lists are packages of these releases. */
const TO_INSTALL =
  /^(?:Cannot start: )?Cannot trace without OpenTelemetry: npm (install --omit=dev --save-prod(?: @opentelemetry\/[a-z-]+@\d+\.\d+){7})$/m;
/** The files that a release is made from. */
const SOURCE = [
  ".ci",
  "bin",
  "LICENSE",
  "README.md",
  "config",
  "deploy",
  "package-lock.json",
  "package.json",
  "src",
  "tsconfig.build.json",
  "tsconfig.json",
];

describe("a release", { skip: skipUnless([ownProgram("helm").need]) }, () => {
  const source = scratchFolder("release");
  const made = join(source, "release");
  const env = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? source };

  before(async () => {
    for (const path of SOURCE) cpSync(join(ROOT, path), join(source, path), { recursive: true });
    // The copy's CHANGELOG is empty, so this version has no heading, whatever the real one has.
    writeFileSync(join(source, "CHANGELOG.md"), "# Changelog\n");
    for (const path of ["node_modules", ".tools"])
      symlinkSync(`${ROOT}${path}`, join(source, path));
    await succeeds("bash", [".ci/release"], { cwd: source, env });
  });

  test("is the package, the chart, a bill of materials, and checksums that hold", async () => {
    const files = [`s3warden-${VERSION}.cdx.json`, `s3warden-${VERSION}.tgz`];
    assert.deepEqual(readdirSync(made).sort(), ["SHA256SUMS", "chart", ...files]);
    assert.deepEqual(readdirSync(join(made, "chart")), [`s3warden-${VERSION}.tgz`]);
    const checked = await succeeds("sha256sum", ["--check", "SHA256SUMS"], { cwd: made, env });
    assert.equal(checked.match(/: OK$/gm)?.length, 3);
  });

  test("lists in its bill of materials every package that is installed with it", () => {
    const text = readFileSync(join(made, `s3warden-${VERSION}.cdx.json`), "utf8");
    const bill: unknown = JSON.parse(text);
    assert.equal(at(bill, "bomFormat"), "CycloneDX");
    const listed = new Set(listAt(bill, "components").map((one) => textAt(one, "purl")));
    const names = Object.entries(at(PACKAGE, "dependencies") ?? {});
    assert.ok(names.length > 15);
    for (const [name, version] of names) {
      const exact = String(version).replace(/^npm:/, `${name}@`);
      const [, real = name, number = exact] = /^.+@(?=.+@)?(.+)@(.+)$/.exec(exact) ?? [];
      const purl = `pkg:npm/${real.replace("@", "%40")}@${number}`;
      assert.ok(listed.has(purl), purl);
    }
    const scopes = new Map(
      listAt(bill, "components").map((one) => [textAt(one, "name"), at(one, "scope")]),
    );
    const peers = Object.keys(at(PACKAGE, "peerDependencies") ?? {});
    // prom-client brings OpenTelemetry's types.
    const required = peers.filter((name) => scopes.get(name) !== "optional");
    assert.deepEqual(required, ["@opentelemetry/api"]);
    assert.ok(!listed.has(`pkg:npm/typescript@${textAt(PACKAGE, "devDependencies/typescript")}`));
  });

  test("installs and runs", async () => {
    const folder = scratchFolder("installed");
    await succeeds("tar", ["-xf", join(made, `s3warden-${VERSION}.tgz`), "-C", folder]);
    const root = join(folder, "package");
    cpSync(join(ROOT, "package-lock.json"), join(root, "package-lock.json"));
    const locked = ["ci", "--omit=dev", "--legacy-peer-deps", "--ignore-scripts"];
    const quiet = ["--no-audit", "--no-fund", "--prefer-offline"];
    await succeeds("npm", [...locked, ...quiet], { cwd: root, env });
    const main = join(root, textAt(PACKAGE, "bin/s3warden"));
    const config = join(root, "config", "gateway.yaml");
    const run = (command: string, more: Readonly<Record<string, string>> = {}): Promise<Ended> =>
      runProgram(process.execPath, [main, command, "--config", config], { env: more });
    const { status, output } = await run("check");
    assert.equal(status, 0);
    assert.match(output.toString(), /Configuration is good/);

    const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" };
    let install = "";
    for (const command of ["check", "serve"]) {
      const refused = await run(command, tracing);
      assert.equal(refused.status, 1, command);
      install = TO_INSTALL.exec(refused.errors)?.[1] ?? assert.fail(refused.errors);
    }
    // The package's own development packages are 500 MB.
    await succeeds("npm", [...install.split(" "), "--ignore-scripts", ...quiet], {
      cwd: root,
      env,
    });
    assert.equal((await run("check", tracing)).status, 0);
    assert.ok(!existsSync(join(root, "node_modules", "oxlint")));
  });

  test("is refused under another version's tag, and before CHANGELOG has its heading", async () => {
    for (const [tag, reason] of [
      ["v0.0.9", /package\.json has/],
      [`v${VERSION}`, new RegExp(`CHANGELOG\\.md does not have "## ${VERSION}"`)],
    ] as const) {
      const { status, errors } = await runProgram("bash", [".ci/release", tag], {
        cwd: source,
        env,
      });
      assert.equal(status, 1);
      assert.match(errors, reason);
    }
  });
});

test("the workflows run what every clone can run", () => {
  const folder = `${ROOT}.github/workflows/`;
  const runs = readdirSync(folder).flatMap((name) => {
    const jobs = at(parse(readFileSync(`${folder}${name}`, "utf8")), "jobs");
    return Object.values(jobs ?? {}).flatMap((job) =>
      listAt(job, "steps").map((one) => at(one, "run")),
    );
  });
  const own = runs.map(String).flatMap((run) => /^\.ci\/\w+/.exec(run)?.[0] ?? []);
  assert.deepEqual(own, [".ci/run", ".ci/run", ".ci/release"]);
  for (const path of own) accessSync(`${ROOT}${path}`, constants.X_OK);
});
