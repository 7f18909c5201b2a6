import { readFileSync } from "node:fs";
import { ours } from "./installed.ts";

/** A piece of docs/clients.md that a day has run, with another endpoint and key. */
export type Snippet = { readonly language: string; readonly text: string };

/** The endpoint and the key in the page. */
export const SHOWN = {
  endpoint: "https://s3.example.org",
  region: "us-east-1",
  bucket: "photos",
  accessKey: "AKIDLAB0000000000000",
  secretKey: "…",
};

/** The names that programs have for their input, and those in the page. */
const NAMED: readonly (readonly [pattern: RegExp, shown: string])[] = [
  [/place\.Endpoint|PLACE(?:\["endpoint"\]|\.get\("endpoint"\))/g, `"${SHOWN.endpoint}"`],
  [/place\.Region|PLACE(?:\["region"\]|\.get\("region"\))/g, `"${SHOWN.region}"`],
  [/place\.Host|PLACE\["host"\]/g, '"s3.example.org"'],
  [/PLACE\["accessKey"\]/g, `"${SHOWN.accessKey}"`],
  [/PLACE\["secretKey"\]/g, `"${SHOWN.secretKey}"`],
  [/(?<=[=(] ?|: )(?:access_key|accessKey|key)(?=[,)]|$)/gm, `"${SHOWN.accessKey}"`],
  [/(?<=[=(, ])(?:secret_key|secretKey|secret)(?=[,)]|$)/gm, `"${SHOWN.secretKey}"`],
  [/^ *accessKeyId,$/gm, `  accessKeyId: "${SHOWN.accessKey}",`],
  [/^ *secretAccessKey,$/gm, `  secretAccessKey: "${SHOWN.secretKey}",`],
  [/^ *region,$/gm, `  region: "${SHOWN.region}",`],
];

/**
 * Returns the lines of a day's program between `docs: name` and `end`, as they are shown. `close`:
 * ends the expression in the page, if the program goes on with parts that only tests need.
 */
export function snippet(file: string, name: string, language: string, close = ""): Snippet {
  const lines = readFileSync(ours(file), "utf8").split("\n");
  const start = lines.findIndex(
    (line) => line.trim().replace(/^(?:#|--|\/\/) /, "") === `docs: ${name}`,
  );
  const end = lines.findIndex((line, at) => at > start && /^(?:#|--|\/\/) end$/.test(line.trim()));
  if (start < 0 || end < 0) throw new Error(`${file} marks no piece ${name}`);
  const piece = lines.slice(start + 1, end);
  const indent = Math.min(...piece.filter(Boolean).map((line) => line.search(/\S/)));
  const text = [...piece.map((line) => line.slice(indent)), ...(close === "" ? [] : [close])];
  return { language, text: shown(text.join("\n")) };
}

function shown(text: string): string {
  return NAMED.reduce((rest, [pattern, value]) => rest.replaceAll(pattern, value), text);
}

/** Returns variables of a shell, as docs/clients.md sets them. */
export function environment(variables: Readonly<Record<string, string>>): Snippet {
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${value}`);
  return { language: "sh", text: lines.join("\n") };
}

/**
 * Returns the version of a dependency that a file pins: `name==1.2`, `name v1.2`, `name@v1.2`, or
 * Maven's.
 */
export function pinned(file: string, name: string): string {
  const text = readFileSync(ours(file), "utf8");
  const at = text.indexOf(name);
  const found = /(?:==| v|@v|<version>|": ")([\d.]+)/.exec(text.slice(at));
  if (at < 0 || found === null) throw new Error(`${file} pins no ${name}`);
  return found[1] ?? "";
}
