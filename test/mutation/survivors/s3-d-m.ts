import type { Explained } from "../reasons.ts";

/** What survives of s3/, d to m, and was looked at: it needs no test. */
export const OF_S3_D_M: Readonly<Record<string, readonly Explained[]>> = {
  "s3/delete-objects.ts": [
    ["const TAKEN = ok(true);", 1, "speed"],
    ["const TOO_MANY = err(malformed(`it names more than ${ENTRIES_MAX} objects`));", 1, "words"],
    [
      'if (root === undefined) throw new Error("a document that was read has no root");',
      2,
      "unreachable",
    ],
    [
      'if (quiet !== "true" && quiet !== "false") return err(malformed(`Quiet is "${quiet}"`));',
      1,
      "words",
    ],
    [
      "if (end >= 0) return storeXml.slice(0, end) + added + storeXml.slice(end);",
      1,
      "unreachable",
    ],
    ["if (end < 0) return storeXml;", 1, "same"],
    [
      'if (key === undefined || key === "") return err(malformed("an object has no key"));',
      1,
      "words",
    ],
    ['return malformed(`the attribute "${name}" is unknown`);', 1, "words"],
    ['return text.trim() === "" ? undefined : malformed(`"${name}" contains text`);', 1, "words"],
    [': malformed(`the element "${name}" is not as expected: it has an attribute`);', 1, "words"],
  ],
  "s3/document-asks.ts": [
    [
      'if (child(root, "Tags") === undefined || address.kind === "service") return NO_NEEDS;',
      2,
      "unreachable",
    ],
    [
      'if (place === undefined) return err(malformed(`"${parent.name}" names no destination`));',
      1,
      "words",
    ],
    [
      "if (rules.length > RULES_MAX) return err(malformed(`it has more than ${RULES_MAX} rules`));",
      1,
      "words",
    ],
    ['return element && (child(element, "Status")?.text ?? "");', 1, "same"],
    [
      'if (address.kind !== "object") throw new Error("RestoreObject addresses an object");',
      2,
      "unreachable",
    ],
    [
      'if (place === undefined) return err(malformed(`"${root.name}" names no output location`));',
      1,
      "words",
    ],
    [
      'if (child(place, "AccessControlList") !== undefined) headers.push("x-amz-grant-full-control", "");',
      1,
      "same",
    ],
    ['if (child(place, "Tagging") !== undefined) headers.push("x-amz-tagging", "");', 1, "same"],
  ],
  "s3/document-needs.ts": [
    [
      'if (bucketElement === undefined) return err(malformed("it names no destination bucket"));',
      1,
      "words",
    ],
    [
      'if (prefix !== prefix.trim()) return err(malformed(`the prefix "${prefix}" has outer spaces`));',
      1,
      "words",
    ],
    ['return err(malformed(`"${text}" is not the name or ARN of a bucket`));', 1, "words"],
  ],
  "s3/document-reader.ts": [
    ['"Normalized policy document exceeds the maximum allowed size of 20480 bytes",', 1, "words"],
    ["length += bytes.length;", 1, "same"],
    ['return err(fault("MalformedPolicy", "The policy is not UTF-8"));', 1, "words"],
    ['const ACL_TWICE = awsFault("UnexpectedContent", {', 1, "words"],
    ['why: "The ACL must be given in headers or in the body, not in both",', 1, "words"],
    [
      'if (root === undefined) throw new Error("a document that was read has no root");',
      2,
      "unreachable",
    ],
    ["if (wrong === undefined) kept.push(bytes);", 1, "speed"],
    [
      "return finish(kept.length === 1 && only !== undefined ? only : Buffer.concat(kept));",
      3,
      "same",
    ],
  ],
  "s3/document-shape.ts": [
    ['return malformed(`the element "${name}" is not expected in "${parent.name}"`);', 1, "words"],
  ],
  "s3/extensions.ts": [
    ["if (!isUnderstood(extensions, WATCHED, WATCH)) return undefined;", 1, "same"],
    ["if (named === undefined || query.length === 0) return NONE;", 1, "speed"],
    ["const NONE: readonly Extension[] = [];", 1, "same"],
    ['if (address.kind !== "bucket") return [];', 1, "same"],
  ],
  "s3/faults.ts": [["const NO_VALUES: readonly string[] = [];", 1, "unreachable"]],
  "s3/ignored-headers.ts": [
    ["for (const entry of entries ?? []) if (entry.startsWith(start)) return true;", 1, "same"],
    ["for (let i = 0; i < headers.length; i += 2) {", 1, "same"],
    ['const name = headers[i] ?? "";', 1, "unreachable"],
    ['if (!ASK_NOTHING.has(headers[i + 1] ?? "")) return name;', 1, "unreachable"],
  ],
  "s3/known-headers.ts": [
    ["for (let i = 0; i < headers.length; i += 2) {", 1, "same"],
    ['const name = headers[i] ?? "";', 2, "unreachable"],
    [
      'all.push(name, isList ? valuesOf(headers, name).join(",") : (headers[i + 1] ?? ""));',
      1,
      "unreachable",
    ],
  ],
  "s3/lifted-headers.ts": [
    [
      'if (query.length === 0 || queryValue(query, "X-Amz-Signature") === undefined) return ok(headers);',
      1,
      "speed",
    ],
    ["for (let i = 0; i < value.length; i++) {", 1, "same"],
    ['return withoutBlanks(Buffer.from(value, "utf8").toString("latin1"));', 1, "same"],
    [
      '"The name of a query parameter that begins with x-amz- must be a valid header name",',
      1,
      "words",
    ],
    [
      '`The query parameter "${name}" must be a valid header value that is no header as well`,',
      1,
      "words",
    ],
  ],
  "s3/limit-table.ts": [
    [
      "export const LIMIT_NAMES: readonly LimitName[] = Object.keys(LIMITS).filter(isLimitName);",
      1,
      "same",
    ],
  ],
  "s3/list-buckets.ts": [
    ["const bytes = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);", 1, "speed"],
    ["if (end > from)", 2, "same"],
    ["const read = less < 0 ? PARTIAL : unitAt(bytes, start, rooted);", 1, "same"],
    [
      "if (rest.length > ENTRY_BYTES_MAX) return err(`An entry exceeds ${ENTRY_BYTES_MAX} bytes`);",
      1,
      "words",
    ],
    ['if (/[<&]/.test(token)) return err("The continuation token is no plain text");', 1, "words"],
    ["if (greater < 0) return PARTIAL;", 1, "same"],
    ['if (name === "?xml") return ok({ kind: "tag", end });', 1, "same"],
    ['if (kind === undefined) return ok({ kind: "tag", end });', 1, "same"],
    ["if (close < 0) return PARTIAL;", 1, "same"],
    ['const name = /^[^\\s]*/.exec(tag)?.[0] ?? "";', 3, "unreachable"],
    ['return name.length > 1 && name.endsWith("/") ? name.slice(0, -1) : name;', 2, "same"],
    ['const name = close < 0 ? "" : named.slice(1, close);', 2, "same"],
  ],
  "s3/lock-values.ts": [
    ["export const NO_LOCK: LockValues = {", 1, "same"],
    [
      '(why) => fault("InvalidArgument", `Cannot read the object lock headers: ${why}`),',
      1,
      "words",
    ],
    ['const legalHold = child(root, "Status")?.text ?? "";', 1, "same"],
    [
      ': err(malformed(`the status of a legal hold is ON or OFF: got "${legalHold}"`));',
      1,
      "words",
    ],
    ['return `the mode is GOVERNANCE or COMPLIANCE: got "${mode}"`;', 1, "words"],
    ['return `the retention ends at an ISO 8601 date in UTC: got "${retainUntil}"`;', 1, "words"],
    ['return `a legal hold is ON or OFF: got "${legalHold}"`;', 1, "words"],
    ['return `an event hold is ON or OFF: got "${eventHold}"`;', 1, "words"],
    [
      'if (days !== undefined && years !== undefined) return "a duration is in days or in years";',
      1,
      "words",
    ],
    ['return `a duration is a number of days or years: got "${duration}"`;', 1, "words"],
  ],
  "s3/mapped-names.ts": [
    ['const [, before = "", after = ""] = PREFIX.exec(text) ?? [];', 1, "same"],
    [
      'if (after !== "" && before.length <= NAME_CHARACTERS_MAX / 2) return ok({ before, after });',
      1,
      "same",
    ],
    [
      '\'Expected "{account}-" or "{account}.", perhaps behind a fixed part such as "warden-"\',',
      1,
      "words",
    ],
  ],
};
