// Moves what traces need from the development packages of ./package.json to the kind of dependencies
// that is named: `dependencies` in the image, `optionalDependencies` for the bill of materials.
import { readFileSync, writeFileSync } from "node:fs";

const FILE = "package.json";
const [, , kind] = process.argv;
const content = JSON.parse(readFileSync(FILE, "utf8"));
for (const name of Object.keys(content.peerDependencies)) {
  content[kind] = { ...content[kind], [name]: content.devDependencies[name] };
  delete content.devDependencies[name];
}
writeFileSync(FILE, JSON.stringify(content, undefined, 2));
