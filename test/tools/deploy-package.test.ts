import assert from "node:assert/strict";
import { cpSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { listAt, ROOT, textAt } from "../support/deploy.ts";
import { scratchFolder } from "../support/scratch.ts";
import { succeeds } from "./programs.ts";

const SOURCE = ["package.json", "README.md", "LICENSE", "tsconfig.json", "tsconfig.build.json"];
const FOLDERS = ["bin", "src", "config", "test/support", "docs"];

test("npm pack makes a package that runs, without files that only development needs", async () => {
  const source = scratchFolder("source");
  for (const path of [...SOURCE, ...FOLDERS]) {
    cpSync(join(ROOT, path), join(source, path), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(source, "node_modules"));
  const env = { PATH: process.env["PATH"] ?? "", HOME: source };
  const said = await succeeds("npm", ["pack", "--json", "--silent", source], { env, cwd: source });
  const packed: unknown = JSON.parse(said.slice(said.indexOf("[")));
  const paths = listAt(packed, "0/files").map((file) => textAt(file, "path"));
  const tops = new Set(paths.map((path) => path.split("/")[0] ?? ""));
  assert.deepEqual(
    tops,
    new Set(["LICENSE", "README.md", "bin", "config", "dist", "package.json"]),
  );
  assert.deepEqual(
    paths.filter((path) => path.endsWith(".ts")),
    [],
  );

  await succeeds("tar", ["-xf", join(source, textAt(packed, "0/filename")), "-C", source]);
  const main = join(source, "package", "bin", "s3warden.js");
  const check = ["check", "--config", join(source, "package", "config", "gateway.yaml")];
  await succeeds(process.execPath, [main, ...check], { env });
});
