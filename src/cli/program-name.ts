import { existsSync } from "node:fs";
import { basename, delimiter, dirname, extname, join, relative } from "node:path";

/** The parts of `process` that say how the program was called. */
export type Called = {
  readonly argv: readonly string[];
  readonly execPath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The current directory. */
  readonly folder: string;
};

/**
 * Returns the words that call this program again from the same directory: `s3warden` if it is on the
 * PATH, else as its user called it, by npm or by Node.
 */
export function programName(called: Called = calledNow()): string {
  const { argv, execPath, env, folder } = called;
  if (env["npm_lifecycle_event"] === "npx") return "npx s3warden";
  if (env["npm_package_name"] === "s3warden") return "npm run -s s3warden --";
  const [, script = ""] = argv;
  const folders = (env["PATH"] ?? "").split(delimiter);
  // npm installs a link of that name, Debian's way is the same.
  if (extname(script) === "") {
    return folders.includes(dirname(script)) ? basename(script) : asTyped(script, folder);
  }
  const first = folders.find((one) => existsSync(join(one, "node")));
  const node = first === dirname(execPath) ? "node" : asTyped(execPath, folder);
  return `${node} ${asTyped(script, folder)}`;
}

function calledNow(): Called {
  const { argv, execPath, env } = process;
  return { argv, execPath, env, folder: process.cwd() };
}

/** A path as short as it can be typed in `folder`, quoted if a shell needs that. */
function asTyped(path: string, folder: string): string {
  const below = relative(folder, path);
  const short = below.startsWith("..") ? path : join(".", below);
  const typed = short.includes("/") ? short : `./${short}`;
  return /^[\w@%+=:,./-]+$/.test(typed) ? typed : `'${typed.replaceAll("'", `'\\''`)}'`;
}
