import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/**
 * The import law of ARCHITECTURE.md: the folders that each folder may import from, besides itself.
 * Each stands below all folders that it may know, so that there are no circles.
 */
const LAW = {
  lib: [],
  http: ["lib"],
  wire: ["lib", "http"],
  s3: ["lib", "http"],
  checksum: ["lib", "http", "s3"],
  signature: ["lib", "http", "s3"],
  // The language of policies is the same whatever it judges.
  policy: ["lib"],
  provider: ["lib", "s3", "policy"],
  session: ["lib", "policy"],
  admission: ["lib", "http", "s3", "checksum", "signature", "policy", "provider", "session"],
  config: ["lib", "http", "s3", "signature", "policy", "provider", "session", "admission"],
  observe: ["lib", "http", "s3", "signature", "admission"],
  lend: [],
  // The folder that speaks HTTP to clients knows nothing of the services behind it.
  listen: ["http", "wire", "config", "lend"],
  store: ["lib", "http", "wire", "s3", "admission", "config", "observe", "lend"],
  identity: ["lib", "http", "s3", "admission", "config", "observe"],
  state: ["lib", "http", "s3", "signature", "session", "admission", "config", "store", "identity"],
  explain: ["lib", "http", "s3", "signature", "policy", "session", "admission", "config"],
  prove: ["lib", "http", "s3", "policy", "provider", "admission", "config", "explain"],
  status: ["lib", "http", "s3", "admission", "observe", "store", "explain"],
  body: ["lib", "s3", "checksum", "signature", "admission"],
  limiter: ["s3", "config"],
  // STS as a service: the folder that speaks HTTP to clients hands its requests here.
  sts: [
    "lib",
    "http",
    "s3",
    "signature",
    "policy",
    "provider",
    "session",
    "admission",
    "config",
    "identity",
    "limiter",
  ],
  gateway: [
    "lib",
    "http",
    "wire",
    "s3",
    "policy",
    "session",
    "admission",
    "config",
    "observe",
    "lend",
    "listen",
    "store",
    "identity",
    "state",
    "prove",
    "body",
    "limiter",
    "sts",
  ],
  admin: ["lib", "admission", "config", "observe", "listen", "explain", "status", "gateway"],
  life: [
    "lib",
    "config",
    "observe",
    "listen",
    "store",
    "state",
    "explain",
    "prove",
    "status",
    "limiter",
    "gateway",
    "admin",
  ],
  // Asks what a configuration depends on, and serves nobody.
  doctor: ["lib", "signature", "config", "observe", "store", "identity", "state", "sts"],
  // A store of its own, behind the gateway: it knows nothing of what stands in front of it.
  demo: ["lib", "s3"],
  // A person's side of STS.
  login: ["lib", "s3", "identity"],
  cli: [
    "lib",
    "http",
    "s3",
    "signature",
    "policy",
    "provider",
    "session",
    "admission",
    "config",
    "observe",
    "identity",
    "state",
    "explain",
    "prove",
    "life",
    "doctor",
    "demo",
    "login",
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

const FOLDERS: readonly string[] = Object.keys(LAW);
const ALLOWED: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(LAW));

/** The core: no I/O, no clock, no chance. */
const CORE = new Set(FOLDERS.slice(0, FOLDERS.indexOf("config") + 1));

/** The modules of Node that a core file may import: for computing, not for talking. */
const CORE_MODULES = new Set(["node:buffer", "node:crypto", "node:path", "node:zlib"]);

/** The functions that only compute, of modules that talk. */
const PURE_IMPORTS =
  /^import \{ (?:isIP \} from "node:net|createSecureContext \} from "node:tls)";$/gm;

/** The hidden inputs of a function, which a core file must not use, each with its name. */
const HIDDEN_INPUTS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["the clock", /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/],
  ["chance", /\bMath\.random\(|\brandom(?:Bytes|UUID|Int)\b/],
  ["the process", /(?<![."'`\w-])process\./],
  ["a timer", /\bset(?:Timeout|Interval|Immediate)\(/],
];

/** The only files that read a client's request, or write the answer to it. */
const READS_REQUEST = new Set(["gateway/inbound.ts", "gateway/inbound-body.ts"]);
const WRITES_ANSWER = new Set(["gateway/respond.ts"]);
const READING = /\brequest\.(?:head|body|peer)\b|\}: ClientRequest\b/;
const WRITING = /\.(?:sendHead|sendBody|sendEnd|sendContinue|flushHead)\(/;

/**
 * The only files that read or write messages of Node's HTTP: the admin port, a server of its own
 * that no S3 request reaches, and the messages to and from http-proxy.
 */
const READS_MESSAGE = new Set(["gateway/passed-request.ts", "admin/admin.ts"]);
const WRITES_MESSAGE = new Set(["admin/admin.ts"]);
const READING_MESSAGE =
  /\b(?:request|incoming|message|answer)\.(?:url|method|headers|rawHeaders|trailers|pipe)\b/;
const WRITING_MESSAGE = /\.(?:writeHead|setHeader|writeContinue)\(|\bresponse\.(?:write|end)\(/;

/**
 * The only files that give a request to http-proxy, which pipes its body, and a connection, which
 * then speaks WebSocket. inbound.ts made the head that is passed on, and respond.ts writes an
 * answer.
 */
const HANDS_ON = new Set(["gateway/passthrough.ts", "gateway/web-socket.ts"]);
const GIVES_AWAY = /"http-proxy"|\.takeOver\(/;

/** The parts of Node that are not documented, and the one file that uses them. */
const UNDOCUMENTED = /"_handle"|\._handle\b|"kBuffer/;
const USES_UNDOCUMENTED = new Set(["listen/read-into.ts"]);

/** Files that mint a branded type and may use `as` there, with the number of uses. */
const MINTS: Readonly<Record<string, number>> = {
  // A bucket, and its id alone.
  "s3/bucket.ts": 2,
  "signature/claim.ts": 1,
  "signature/v4-form.ts": 1,
};

const SRC = fileURLToPath(new URL("../src", import.meta.url));

for (const file of sourceFiles()) {
  test(`src/${file} keeps the laws of its folder`, () => {
    const code = withoutComments(readFileSync(join(SRC, file), "utf8"));
    const folder = folderOf(file);
    const wrong = relativeImports(file, code).filter((to) => !mayImport(folder, folderOf(to)));
    assert.deepEqual(wrong, [], "imports from below");
    const assertions = assertionsIn(code);
    assert.equal(assertions.length, MINTS[file] ?? 0, `type assertions: ${assertions.join("\n")}`);
    if (CORE.has(folder)) keepsToItself(code);
    if (folder === "gateway") keepsToItsSide(file, code);
    if (!USES_UNDOCUMENTED.has(file)) assert.doesNotMatch(code, UNDOCUMENTED, "undocumented");
  });
}

/** Checks that a core file computes from its arguments, and from nothing else. */
function keepsToItself(code: string): void {
  const modules = nodeModules(code).filter((name) => !CORE_MODULES.has(name));
  assert.deepEqual(modules, [], "modules that do I/O");
  for (const [name, pattern] of HIDDEN_INPUTS) assert.deepEqual(found(pattern, code), [], name);
}

/**
 * Checks that one file reads a client's request and one writes the answer; the rest hand them on.
 */
function keepsToItsSide(file: string, code: string): void {
  const reads = code.includes("ClientRequest") && !READS_REQUEST.has(file);
  if (reads) assert.deepEqual(found(READING, code), [], "reads a client's request");
  if (!WRITES_ANSWER.has(file)) assert.deepEqual(found(WRITING, code), [], "writes an answer");
  const readsMessage = code.includes("IncomingMessage") && !READS_MESSAGE.has(file);
  if (readsMessage) assert.deepEqual(found(READING_MESSAGE, code), [], "reads Node's message");
  if (!WRITES_MESSAGE.has(file)) {
    assert.deepEqual(found(WRITING_MESSAGE, code), [], "writes Node's message");
  }
  if (!HANDS_ON.has(file)) assert.deepEqual(found(GIVES_AWAY, code), [], "gives a request away");
}

function found(pattern: RegExp, code: string): readonly string[] {
  return code.split("\n").filter((line) => pattern.test(line));
}

test("every folder of src has its place in the import law", () => {
  const unknown = sourceFiles()
    .filter((file) => file.includes("/"))
    .map(folderOf)
    .filter((folder) => !FOLDERS.includes(folder));
  assert.deepEqual(unknown, []);
});

test("each folder stands below all that it may import, and uses each of them", () => {
  const used = new Map(FOLDERS.map((folder) => [folder, new Set<string>()]));
  for (const file of sourceFiles()) {
    for (const to of importsOf(file)) used.get(folderOf(file))?.add(folderOf(to));
  }
  for (const [folder, allowed] of ALLOWED) {
    const above = new Set(FOLDERS.slice(0, FOLDERS.indexOf(folder)));
    assert.deepEqual(
      allowed.filter((name) => !above.has(name)),
      [],
      `${folder} may import what stands below it`,
    );
    const unused = allowed.filter((name) => used.get(folder)?.has(name) !== true);
    assert.deepEqual(unused, [], `${folder} need not be allowed that`);
  }
});

test("no files import each other in a circle, not even types", () => {
  const graph = new Map(sourceFiles().map((file) => [file, importsOf(file)]));
  // A file that imports nothing that is left is in no circle.
  for (let before = -1; before !== graph.size;) {
    before = graph.size;
    for (const [file, imports] of graph) {
      if (imports.every((to) => !graph.has(to))) graph.delete(file);
    }
  }
  assert.deepEqual([...graph.keys()], []);
});

test("a process that serves loads only what most configurations need", () => {
  // With each of these come 2 to 10 MB: they are loaded (`import()`) when a configuration asks.
  const heavy = ["@node-rs/xxhash", "jose", "js-yaml", "undici", "yaml", "zod"];
  const pending = ["cli/serve.ts", "life/open.ts"];
  const loaded = new Set(pending);
  const packages = new Set<string>();
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    const code = withoutComments(readFileSync(join(SRC, file), "utf8"))
      .replaceAll(/\bimport\("[^"]+"\)/g, "")
      .replaceAll(/^import type [^;]+;/gm, "");
    for (const name of specifiers(code)) if (!name.startsWith(".")) packages.add(name);
    for (const to of relativeImports(file, code).filter((name) => !loaded.has(name))) {
      loaded.add(to);
      pending.push(to);
    }
  }
  assert.ok(packages.has("prom-client"), "packages are found at all");
  assert.deepEqual(
    heavy.filter((name) => packages.has(name)),
    [],
  );
});

test("no name is exported by two files, so that one word stands for one thing", () => {
  const exporters = new Map<string, string[]>();
  for (const file of sourceFiles()) {
    const code = withoutComments(readFileSync(join(SRC, file), "utf8"));
    for (const [, name = ""] of code.matchAll(EXPORTED)) {
      exporters.set(name, [...(exporters.get(name) ?? []), file]);
    }
  }
  const twice = [...exporters].filter(([, files]) => new Set(files).size > 1);
  assert.deepEqual(twice, []);
});

const EXPORTED =
  /^export (?:async )?(?:abstract )?(?:type|class|interface|function\*?|const) (\w+)/gm;

function importsOf(file: string): readonly string[] {
  return relativeImports(file, withoutComments(readFileSync(join(SRC, file), "utf8")));
}

/** Returns paths below src, with slashes. */
function sourceFiles(): readonly string[] {
  const names = readdirSync(SRC, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(".ts"))
    .map((name) => name.replaceAll(sep, "/"))
    .toSorted();
}

function folderOf(file: string): string {
  return file.includes("/") ? file.slice(0, file.indexOf("/")) : "";
}

/** Returns true if the import is allowed. main.ts lies below all folders; nothing imports it. */
function mayImport(from: string, to: string): boolean {
  return from === to || from === "" || ALLOWED.get(from)?.includes(to) === true;
}

/** Returns the imports of `file` from src, as paths below src. */
function relativeImports(file: string, code: string): readonly string[] {
  return specifiers(code)
    .filter((name) => name.startsWith("."))
    .map((name) => relative(".", normalize(join(dirname(file), name))).replaceAll(sep, "/"));
}

function nodeModules(code: string): readonly string[] {
  return specifiers(code.replaceAll(PURE_IMPORTS, "")).filter(
    (name) => name.startsWith("node:") || name === "undici",
  );
}

function specifiers(code: string): readonly string[] {
  const found = code.matchAll(/(?:\bfrom|\bimport\(?)\s*"([^"]+)"/g);
  return [...found].map((match) => match[1] ?? "");
}

/**
 * Returns the lines with a type assertion: `x as T`, but neither `as const` nor a renamed import.
 */
function assertionsIn(code: string): readonly string[] {
  const body = code.replace(/^(?:import|export) (?:type )?\{[^}]*\}[^;]*;/gms, "");
  return body.split("\n").filter((line) => / as (?!const\b)/.test(withoutStrings(line)));
}

function withoutStrings(line: string): string {
  return line.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/g, '""');
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[\s;,{(])\/\/.*$/gm, "$1");
}
