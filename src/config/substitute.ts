import { err, ok, type Result } from "../lib/result.ts";
import { besides, unreadable, type Complaint, type Surroundings } from "./surroundings.ts";

const REFERENCE = /\$\{(?:(env|file):([^}]*)\}|[^}]*\}?)/g;

/**
 * Returns `text` with every `${env:NAME}` and `${file:PATH}` replaced. Paths are relative to
 * `file`; one line break at the end of a file is cut, since editors and `echo` put it there.
 * Inserted text is not read again, so a secret may contain anything. No error quotes the text
 * around. Any other `${` is a fault: a mistyped reference must not become the value itself.
 */
export function substitute(
  text: string,
  file: string,
  surroundings: Surroundings,
): Result<string, Complaint> {
  let out = "";
  let end = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const value = resolve(match[1], match[2] ?? "", file, surroundings);
    if (!value.ok) return value;
    out += text.slice(end, match.index) + value.value;
    end = match.index + match[0].length;
  }
  return ok(out + text.slice(end));
}

function resolve(
  kind: string | undefined,
  name: string,
  file: string,
  surroundings: Surroundings,
): Result<string, Complaint> {
  if (kind === "env") return fromEnvironment(name, surroundings);
  if (kind === "file") return fromFile(name, file, surroundings);
  return err({
    message: "Unknown reference after ${",
    remedy: "Write ${env:NAME} or ${file:PATH}; keep a value that contains ${ in a file",
  });
}

function fromEnvironment(name: string, { env }: Surroundings): Result<string, Complaint> {
  const value = env(name);
  if (value !== undefined) return ok(value);
  return err({
    message: `The environment variable "${name}" is not set`,
    remedy: "Set it in the gateway's environment",
  });
}

function fromFile(name: string, file: string, { read }: Surroundings): Result<string, Complaint> {
  const path = besides(file, name);
  const text = read(path);
  return text.ok ? ok(text.value.replace(/\r?\n$/, "")) : err(unreadable(path, text.error));
}
