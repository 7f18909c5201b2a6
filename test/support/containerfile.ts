import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { DockerfileParser, ModifiableInstruction } from "dockerfile-ast";
import { deployText, ROOT } from "./deploy.ts";

/** One line of the Containerfile: its keyword, its flags (`--from=build`) and the rest. */
type Instruction = {
  readonly word: string;
  readonly flags: ReadonlyMap<string, string>;
  readonly text: string;
};

/** A stage: its name or, if it has none, its number. */
type Stage = { readonly name: string; readonly instructions: readonly Instruction[] };

/** Reads the stages of deploy/container/Containerfile. */
export function stages(): readonly Stage[] {
  const found: { name: string; instructions: Instruction[] }[] = [];
  for (const line of DockerfileParser.parse(
    deployText("container/Containerfile"),
  ).getInstructions()) {
    const word = line.getKeyword();
    const text = (line.getRawArgumentsContent() ?? "").replaceAll(/\\\n\s*/g, " ");
    if (word === "FROM") {
      const [, name = String(found.length)] = / AS (\S+)$/i.exec(text) ?? [];
      found.push({ name, instructions: [] });
    }
    const flags = line instanceof ModifiableInstruction ? line.getFlags() : [];
    const pairs = flags.map((flag) => [flag.getName(), flag.getValue() ?? ""] as const);
    found.at(-1)?.instructions.push({ word, flags: new Map(pairs), text });
  }
  return found;
}

/**
 * Returns the arguments of an instruction of the last stage; if there are several, the last one
 * counts.
 */
export function lastWord(word: string): Instruction {
  const found = stages()
    .at(-1)
    ?.instructions.findLast((one) => one.word === word);
  if (found === undefined) throw new Error(`The image has no ${word}`);
  return found;
}

/**
 * Reads an instruction in exec form: the command that runs without a shell. Throws if it has
 * another form.
 */
export function execForm(text: string): readonly string[] {
  const list: unknown = JSON.parse(text);
  if (Array.isArray(list)) return list.map(String);
  throw new Error(`Expected the exec form: got ${text}`);
}

/**
 * Carries out the Containerfile in `folder`: a root for each stage, WORKDIR, COPY and RUN as they
 * stand, on this machine instead of in the base image. Returns the root of the last stage.
 */
export function buildIn(folder: string): string {
  const context = join(folder, "context");
  copyContext(context);
  let root = "";
  for (const { name, instructions } of stages()) {
    root = join(folder, name);
    let workdir = "/";
    for (const { word, flags, text } of instructions) {
      if (word === "WORKDIR") mkdirSync(join(root, (workdir = text)), { recursive: true });
      const from = flags.get("from");
      const source = from === undefined ? context : join(folder, from);
      if (word === "COPY") copy(source, join(root, workdir), text.split(/\s+/));
      if (word === "RUN") run(text, join(root, workdir));
    }
  }
  return root;
}

/**
 * Runs a command. Its output is shown only if it fails. npm may take from its cache what it has.
 */
function run(command: string, cwd: string): void {
  const env = { ...process.env, npm_config_prefer_offline: "true" };
  execFileSync("/bin/sh", ["-c", command], { cwd, env, stdio: "pipe" });
}

/**
 * Copies the files of the source that .dockerignore lets through: after `*`, it names the files to
 * include.
 */
function copyContext(context: string): void {
  const lines = readFileSync(`${ROOT}.dockerignore`, "utf8").split("\n");
  const [all, ...rest] = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (all !== "*") throw new Error('Expected .dockerignore to begin with "*"');
  for (const line of rest) {
    if (!line.startsWith("!")) throw new Error(`Expected only "!" after "*": got ${line}`);
    const path = line.slice(1);
    cpSync(join(ROOT, path), join(context, path), { recursive: true });
  }
}

/** Does what COPY does: of a folder, it copies the contents. */
function copy(source: string, workdir: string, words: readonly string[]): void {
  const target = join(workdir, words.at(-1) ?? "");
  for (const pattern of words.slice(0, -1)) {
    const paths = globSync(pattern.replace(/^\//, ""), { cwd: source });
    if (paths.length === 0) throw new Error(`Cannot copy ${pattern}: it is not there`);
    for (const path of paths) {
      const from = join(source, path);
      const to = statSync(from).isDirectory() ? target : join(target, basename(path));
      cpSync(from, to, { recursive: true, verbatimSymlinks: true });
    }
  }
}
