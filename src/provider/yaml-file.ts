import { isMap, isNode, isScalar } from "yaml";
import type { z } from "zod";
import type { Problem } from "../lib/problem.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { readPlainYaml } from "../lib/plain-yaml.ts";
import { didYouMean } from "../lib/suggestion.ts";
import { parseYaml, positionOf, type YamlFile } from "../lib/yaml.ts";

/**
 * Reads what `parseYaml()` does into what `schema` makes of it, or every problem with its place. Each
 * start reads such a file: a plain one that is good takes a tenth of the time.
 */
export function readYaml<Schema extends z.ZodType>(
  text: string,
  file: string,
  schema: Schema,
): Result<z.output<Schema>, readonly Problem[]> {
  const plain = readPlainYaml(text, AS_WRITTEN);
  const good = plain && schema.safeParse(plain.data);
  if (good?.success === true) return ok(good.data);
  const parsed = parseYaml(text);
  if (!parsed.ok) {
    return err(
      parsed.error.map(({ at, message }) => ({ file, ...at, path: "", message, remedy: "" })),
    );
  }
  const source: Source = { file, ...parsed.value };
  const data: unknown = source.document.toJS();
  const shape = schema.safeParse(data);
  if (shape.success) return ok(shape.data);
  return err(shape.error.issues.flatMap((issue) => issueProblems(source, issue)));
}

/** No text is replaced, and no line is kept. */
const AS_WRITTEN = { expand: (text: string): string => text, placed: "" };

type Issue = z.core.$ZodIssue;
type Source = YamlFile & { readonly file: string };

/** Returns the problems of an issue. A custom issue quotes the value itself, if that helps. */
function issueProblems(source: Source, issue: Issue): readonly Problem[] {
  const { path } = issue;
  const name = nameOf(path);
  const offset = offsetOf(source, path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const at = keyOffset(source, path, key) ?? offset;
      return problem(source, nameOf([...path, key]), at, `Unknown key "${key}"`, "Remove it");
    });
  }
  const value = source.document.getIn(path);
  const got = typeof value === "string" || typeof value === "number" ? `: got "${value}"` : "";
  if (issue.code === "invalid_value") {
    const values = issue.values.map(String);
    const remedy = didYouMean(String(value), values, "");
    return [problem(source, name, offset, `Expected ${values.join(" or ")}${got}`, remedy)];
  }
  if (issue.code === "custom") {
    return [problem(source, name, offset, issue.message, String(issue.params?.["remedy"] ?? ""))];
  }
  return [problem(source, name, offset, `${issue.message}${got}`, "")];
}

/** Returns the offset of the value at `path`, or of the nearest value above it that exists. */
function offsetOf({ document }: Source, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function keyOffset(
  { document }: Source,
  path: readonly PropertyKey[],
  key: string,
): number | undefined {
  const map: unknown = document.getIn(path);
  if (!isMap(map)) return undefined;
  const found = map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key)?.key;
  return isScalar(found) ? found.range?.[0] : undefined;
}

function problem(
  { file, lines }: Source,
  path: string,
  offset: number,
  message: string,
  remedy: string,
): Problem {
  return { file, ...positionOf(lines, offset), path, message, remedy };
}

function nameOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((above, step) => {
    if (typeof step === "number") return `${above}[${step}]`;
    return above === "" ? String(step) : `${above}.${String(step)}`;
  }, "");
}
