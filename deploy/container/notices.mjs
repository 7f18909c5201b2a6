// Writes the licences of all packages below node_modules to standard output, for the image: their
// terms ask for the notices in every copy.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const LICENCE = /^(?:licen[cs]e|notice|copying|copyright)/i;

function report(nodeModules) {
  if (!existsSync(nodeModules)) return;
  for (const name of readdirSync(nodeModules).sort()) {
    const folder = join(nodeModules, name);
    if (name.startsWith("@")) report(folder);
    else if (existsSync(join(folder, "package.json"))) reportPackage(folder);
  }
}

function reportPackage(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const files = readdirSync(folder).filter((file) => LICENCE.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8").trim());
  const said = texts.length > 0 ? texts.join("\n\n") : "The package has no licence file.";
  process.stdout.write(`${"=".repeat(80)}\n${name} ${version} (${license})\n\n${said}\n\n`);
  report(join(folder, "node_modules"));
}

report("node_modules");
