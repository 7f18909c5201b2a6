import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { programName, type Called } from "../../../src/cli/program-name.ts";
import { ROOT } from "../../support/deploy.ts";
import { scratchFolder } from "../../support/scratch.ts";

/** A place with Node on the PATH. */
const BIN = scratchFolder("bin");
writeFileSync(join(BIN, "node"), "");
const CALLED: Called = {
  argv: [join(BIN, "node"), "/src/bin/s3warden.js"],
  execPath: join(BIN, "node"),
  env: { PATH: `/nowhere:${BIN}` },
  folder: "/src",
};
const installed = (script: string): Pick<Called, "argv"> => ({ argv: ["node", script] });

describe("programName()", () => {
  const rows: readonly (readonly [string, Partial<Called>, string])[] = [
    ["a script of npm's", { env: { npm_package_name: "s3warden" } }, "npm run -s s3warden --"],
    [
      "npx in another project",
      { env: { npm_lifecycle_event: "npx", npm_package_name: "mine" } },
      "npx s3warden",
    ],
    ["an installation on the PATH", installed(join(BIN, "s3warden")), "s3warden"],
    [
      "an installation elsewhere",
      installed("/src/node_modules/.bin/s3warden"),
      "node_modules/.bin/s3warden",
    ],
    ["an installation in this very folder", installed("/src/s3warden"), "./s3warden"],
    ["Node in a checkout", {}, "node bin/s3warden.js"],
    ["Node, from another folder", { folder: "/else" }, "node /src/bin/s3warden.js"],
    [
      "a Node that is not the first on the PATH",
      { execPath: "/src/node_modules/node/bin/node" },
      "node_modules/node/bin/node bin/s3warden.js",
    ],
    [
      "a folder with a space in its name",
      installed("/src/my files/s3warden.js"),
      "node 'my files/s3warden.js'",
    ],
  ];
  for (const [name, more, expected] of rows) {
    test(`${name}: ${expected}`, () => {
      assert.equal(programName({ ...CALLED, ...more }), expected);
    });
  }
});

test("init prints a command that works where it was typed, however the program was called", () => {
  const folder = scratchFolder("typed");
  const bin = join(folder, "bin");
  mkdirSync(bin);
  symlinkSync(join(ROOT, "bin", "s3warden.js"), join(bin, "s3warden"));
  const PATH = [bin, dirname(process.execPath), "/usr/bin:/bin"].join(":");
  const typed = (command: string, path = PATH): { status: number | null; said: string } => {
    const options = { cwd: folder, env: { PATH: path }, encoding: "utf8" } as const;
    const { status, stdout, stderr } = spawnSync("/bin/sh", ["-c", command], options);
    return { status, said: stdout + stderr };
  };
  const ways = [
    ["s3warden", PATH],
    [`node ${ROOT}bin/s3warden.js`, PATH],
    [`${process.execPath} ${ROOT}bin/s3warden.js`, "/usr/bin:/bin"],
  ] as const;
  for (const [i, [way, path]] of ways.entries()) {
    const init = typed(`${way} init --out made${i}`, path);
    assert.equal(init.status, 0, init.said);
    const [, check = ""] = /^ +(.* check --config .*)$/m.exec(init.said) ?? [];
    // The store's keys are not filled in yet: this is check's own answer.
    const checked = typed(check, path);
    assert.equal(checked.status, 1, `${check}: ${checked.said}`);
    assert.match(checked.said, /The environment variable "STORE_\w+" is not set/, check);
  }
});
