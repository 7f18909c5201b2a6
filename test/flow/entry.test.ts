/** The command as a package installs it: bin/s3warden.js, whatever Node runs it. */
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { runProgram } from "../support/program.ts";
import { scratchFolder } from "../support/scratch.ts";

const ENTRY = fileURLToPath(new URL("../../bin/s3warden.js", import.meta.url));

test("--version prints the version of the package", async () => {
  const { status, output } = await runProgram(process.execPath, [ENTRY, "--version"]);
  assert.equal(status, 0);
  assert.match(output.toString(), /^\d+\.\d+\.\d+\n$/);
});

describe("a Node that is too old", () => {
  const folder = scratchFolder("entry");
  mkdirSync(join(folder, "bin"));
  const entry = join(folder, "bin", "s3warden.js");
  copyFileSync(ENTRY, entry);
  for (const [needs, isEnough] of [
    ["99.1", false],
    [
      process.versions.node.replace(
        /^(\d+)\.(\d+).*/,
        (_, major, minor) => `${major}.${Number(minor) + 1}`,
      ),
      false,
    ],
    [process.versions.node.replace(/^(\d+)\.(\d+).*/, "$1.$2"), true],
    ["18.99", true],
  ] as const) {
    test(`${isEnough ? "runs" : "prints the remedy"} if >=${needs} is needed`, async () => {
      const about = { type: "module", engines: { node: `>=${needs}` } };
      writeFileSync(join(folder, "package.json"), JSON.stringify(about));
      mkdirSync(join(folder, "dist"), { recursive: true });
      writeFileSync(join(folder, "dist", "main.js"), 'console.log("it runs");');
      const { status, output, errors } = await runProgram(process.execPath, [entry]);
      assert.equal(output.toString(), isEnough ? "it runs\n" : "");
      assert.equal(status, isEnough ? 0 : 1, errors);
      if (!isEnough)
        assert.match(errors, new RegExp(`^s3warden needs Node ${needs} or newer: this is v`));
    });
  }
});

const COMMANDS = (await runProgram(process.execPath, [ENTRY, "--help"])).output
  .toString()
  .split("Commands:\n")[1];
const names = [...(COMMANDS ?? "").matchAll(/^ {2}([a-z-]+) /gm)].map(([, name = ""]) => name);

test("every command has an example in its help, and stands in the completion of each shell", async () => {
  assert(names.length > 10);
  for (const name of names.filter((each) => each !== "help")) {
    const { output } = await runProgram(process.execPath, [ENTRY, name, "--help"]);
    assert.match(output.toString(), new RegExp(`Example:\n  s3warden ${name} `), name);
  }
  for (const shell of ["bash", "zsh", "fish"]) {
    const { output } = await runProgram(process.execPath, [ENTRY, "completion", shell]);
    for (const name of names.filter((each) => each !== "help")) {
      assert.match(output.toString(), new RegExp(`\\b${name}\\b`), `${shell}: ${name}`);
    }
  }
});

test("bash completes commands, options and their values", async () => {
  const folder = scratchFolder("completion");
  const { output } = await runProgram(process.execPath, [ENTRY, "completion", "bash"]);
  writeFileSync(join(folder, "completion"), output);
  const complete = async (...words: readonly string[]): Promise<readonly string[]> => {
    const line = words.map((word) => `'${word}'`).join(" ");
    const script = `. '${folder}/completion'; COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _s3warden; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { output: out } = await runProgram("bash", ["-c", script]);
    return out
      .toString()
      .split("\n")
      .filter((word) => word !== "");
  };
  assert.deepEqual(await complete("s3warden", "who"), ["who-can"]);
  assert.deepEqual(await complete("s3warden", "init", "--prov"), ["--provider"]);
  assert.deepEqual(await complete("s3warden", "init", "--store", "m"), ["minio"]);
  assert((await complete("s3warden", "check", "--config", `${folder}/comp`)).length === 1);
});

test("a configuration is looked for in the working directory and the environment", async () => {
  const folder = scratchFolder("config-place");
  const none = await runProgram(process.execPath, [ENTRY, "check"], { cwd: folder });
  assert.equal(none.status, 1);
  assert.match(
    none.errors,
    /^error: no configuration: neither "gateway.yaml" nor "\/etc\/s3warden/,
  );
  writeFileSync(join(folder, "gateway.yaml"), "listen: { adress: x }\n");
  const here = await runProgram(process.execPath, [ENTRY, "check"], { cwd: folder });
  assert.match(here.errors, /^gateway\.yaml:1:11: /m);
  const env = { ...process.env, S3WARDEN_CONFIG: join(folder, "gateway.yaml") };
  const named = await runProgram(process.execPath, [ENTRY, "check"], { env });
  assert(named.errors.includes(`${folder}/gateway.yaml:1:11: `), named.errors);
});
