/**
 * Browsers' forms ("Creating an HTML Form", "POST Policy", S3 API Reference): what a form says, and
 * whether the policy that its writer signed lets it say so.
 */

import type { Asked, Form, FormCondition } from "./world.ts";

/** The fields by name in lower case, with the file's name in them, without its folders. */
function fieldsOf({ fields, filename }: Form): Readonly<Record<string, string>> {
  const name = filename.replace(/^.*[/\\]/su, "");
  const filled = Object.entries(fields).map(([field, value]) => {
    return [field.toLowerCase(), value.replaceAll("${filename}", () => name)];
  });
  return Object.fromEntries(filled);
}

/** The PutObject that a form stands for: fields of the object are its headers. */
export function putOf(asked: Asked, form: Form): Asked {
  const { key = "", acl, tagging, ...headers } = fieldsOf(form);
  const tags = [...(tagging ?? "").matchAll(/<Key>(.*?)<\/Key><Value>(.*?)<\/Value>/gsu)];
  const query = new URLSearchParams();
  for (const [, tag = "", value = ""] of tags) query.append(tag, value);
  const said = {
    ...(acl !== undefined && { "x-amz-acl": acl }),
    ...(tagging !== undefined && { "x-amz-tagging": query.toString() }),
  };
  return { ...asked, method: "PUT", key, headers: { ...asked.headers, ...headers, ...said } };
}

/** The error of a form that says what it may not. Its policy restricts whoever holds the form. */
export function formFault(form: Form, { bucket = "", nowMs }: Asked): string | undefined {
  const fields = fieldsOf(form);
  const { policy } = form;
  if (policy !== undefined) {
    if (nowMs >= Date.parse(policy.expiration) || !isOfTheTime(fields, nowMs)) return DENIED;
    // The bucket is that of the URL, and a field like any other (CVE-2023-43040).
    const said = { ...fields, bucket };
    if (!policy.conditions.every((condition) => isMet(condition, said))) return DENIED;
    const covered = new Set(policy.conditions.map(fieldIn));
    if (!Object.keys(said).every((name) => covered.has(name) || isFree(name))) return DENIED;
  }
  if ((fields["bucket"] ?? bucket) !== bucket || fields["key"] === "")
    return "fault InvalidArgument";
  return undefined;
}

const DENIED = "fault AccessDenied";

/** The longest life of a presigned URL is that of a form, too (docs/troubleshoot.md); clocks differ by 15 minutes. */
function isOfTheTime(fields: Readonly<Record<string, string>>, nowMs: number): boolean {
  const parts = /^(....)(..)(..)T(..)(..)(..)Z$/u.exec(fields["x-amz-date"] ?? "") ?? [];
  const [year = 0, month = 0, ...rest] = parts.slice(1).map(Number);
  const ageMs = nowMs - Date.UTC(year, month - 1, ...rest);
  return ageMs <= 7 * 86_400_000 && ageMs >= -15 * 60_000;
}

/** A condition in three parts; `{"acl": "private"}` is short for `eq`. */
function partsOf(condition: FormCondition): readonly (string | number)[] {
  if (isListed(condition)) return condition;
  return Object.entries(condition).flatMap(([name, value]) => ["eq", `$${name}`, value]);
}

function isListed(
  condition: FormCondition,
): condition is Extract<FormCondition, readonly unknown[]> {
  return Array.isArray(condition);
}

function fieldIn(condition: FormCondition): string {
  return String(partsOf(condition)[1]).toLowerCase().slice(1);
}

/** All conditions are about what is sent after variables are filled in; what is not sent meets none. */
function isMet(condition: FormCondition, fields: Readonly<Record<string, string>>): boolean {
  const [operator, , written] = partsOf(condition);
  if (operator === LENGTH) return true;
  const name = fieldIn(condition);
  const value = fields[name];
  if (value === undefined) return false;
  if (String(operator).toLowerCase() === "eq") return value === written;
  // "If the value is a list, each of its items must begin so."
  const items = name === "content-type" ? value.split(",") : [value];
  return items.every((item) => item.startsWith(String(written)));
}

const LENGTH = "content-length-range";

/** Fields without a condition: what proves the policy, and what is ignored. */
function isFree(name: string): boolean {
  return name === "policy" || name === "x-amz-signature" || name.startsWith("x-ignore-");
}

/** The error of a file that is shorter or longer than its policy says; both ends are allowed. */
export function lengthFault({ policy, bytes }: Form): string | undefined {
  const ranges = (policy?.conditions ?? []).map(partsOf).filter(([name]) => name === LENGTH);
  if (ranges.some(([, least]) => bytes < Number(least))) return "fault EntityTooSmall";
  return ranges.some(([, , most]) => bytes > Number(most)) ? "fault EntityTooLarge" : undefined;
}
