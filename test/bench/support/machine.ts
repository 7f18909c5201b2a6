import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { cpus, release, totalmem, type } from "node:os";
import { findProgram } from "../../support/program.ts";

/** Returns the machine and the programs of the figures, a line each: name and value. */
export function machineLines(): readonly (readonly [name: string, value: string])[] {
  const processors = cpus();
  return [
    ["date", new Date().toISOString().slice(0, 16)],
    ["cpu", `${processors[0]?.model.trim() ?? "unknown"}, ${processors.length} cores`],
    ["memory", `${(totalmem() / 1024 ** 3).toFixed(1)} GiB`],
    ["kernel", `${type()} ${release()}`],
    ["node", process.version],
    ["undici", packageVersion("undici")],
    ["http-proxy", packageVersion("http-proxy")],
    ["haproxy", programVersion("haproxy")],
    ["nginx", programVersion("nginx")],
  ];
}

function packageVersion(name: string): string {
  const manifest: unknown = createRequire(import.meta.url)(`${name}/package.json`);
  const known = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return known ? String(manifest.version) : "unknown";
}

function programVersion(name: string): string {
  const path = findProgram(name);
  if (path === undefined) return "not installed: left out";
  const { stdout, stderr } = spawnSync(path, ["-v"], { encoding: "utf8" });
  return /\d+\.\d+[^\s]*/.exec(stdout + stderr)?.[0] ?? "unknown";
}
