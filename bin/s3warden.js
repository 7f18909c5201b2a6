#!/usr/bin/env -S node --max-semi-space-size=8 --v8-pool-size=2
// The command itself. Plain JavaScript that old releases of Node run, too: they read what to do here,
// where src/main.ts would end them with a syntax error or a missing function.
import { existsSync, readFileSync } from "node:fs";

/** @param {string} name of a file of the package */
const inPackage = (name) => new URL(`../${name}`, import.meta.url);

/** As numbers: "v24.9.1" and ">=24.9" are [24, 9]. @param {string} version */
const numbersOf = (version) => version.match(/\d+/g).slice(0, 2).map(Number);

const { engines } = JSON.parse(readFileSync(inPackage("package.json"), "utf8"));
const [major, minor] = numbersOf(process.version);
const [majorMin, minorMin] = numbersOf(engines.node);

if (major < majorMin || (major === majorMin && minor < minorMin)) {
  process.stderr.write(
    `s3warden needs Node ${majorMin}.${minorMin} or newer: this is ${process.version} (${process.execPath})\n` +
      `    Install it from https://nodejs.org or by a version manager. In a checkout, "npm ci" installs it for "npm run".\n`,
  );
  process.exitCode = 1;
} else {
  // A checkout runs its source, whatever was built of it some time ago. The package has no source.
  const source = inPackage("src/main.ts");
  await import(existsSync(source) ? source.href : inPackage("dist/main.js").href);
}
