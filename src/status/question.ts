import type { ExplainQuestion } from "../explain/request.ts";

/** The fields of the form, called as the options of `s3warden explain`. */
const FIELDS = ["as", "ip", "at", "request", "action", "resource"] as const;

/**
 * Returns the question of the form; `undefined` if nothing was asked. An empty field is one that
 * was not filled in, and each line of `header` is a header.
 */
export function questionInForm(form: URLSearchParams): ExplainQuestion | undefined {
  const question: { -readonly [Name in keyof ExplainQuestion]: ExplainQuestion[Name] } = {};
  for (const name of FIELDS) {
    const value = form.get(name)?.trim() ?? "";
    if (value !== "") question[name] = value;
  }
  if (form.has("anonymous")) question.anonymous = true;
  const header = form.getAll("header").flatMap((text) => text.split(/\r?\n/));
  const lines = header.map((line) => line.trim()).filter((line) => line !== "");
  if (lines.length > 0) question.header = lines;
  return Object.keys(question).length === 0 ? undefined : question;
}

/** The same as a query, without `?`. */
export function queryOf(question: ExplainQuestion): string {
  const form = new URLSearchParams();
  for (const name of FIELDS) {
    const value = question[name];
    if (value !== undefined) form.set(name, value);
  }
  if (question.anonymous === true) form.set("anonymous", "on");
  if (question.header !== undefined) form.set("header", question.header.join("\n"));
  return form.toString();
}

/** The command that asks the same, for a POSIX shell. */
export function commandOf(question: ExplainQuestion): string {
  const words = ["s3warden", "explain", "--config", "gateway.yaml"];
  for (const name of FIELDS) {
    const value = question[name];
    if (value !== undefined) words.push(`--${name}`, quoted(value));
  }
  if (question.anonymous === true) words.push("--anonymous");
  for (const line of question.header ?? []) words.push("--header", quoted(line));
  return words.join(" ");
}

function quoted(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
