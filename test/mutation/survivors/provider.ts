import type { Explained } from "../reasons.ts";

/** What survives of provider/ and was looked at: it needs no test. */
export const OF_PROVIDER: Readonly<Record<string, readonly Explained[]>> = {
  "provider/bucket-wide.ts": [
    ["if (policy !== undefined && report.problems.length === 0) return ok(policy);", 1, "same"],
    ['if (Buffer.byteLength(report.text, "utf8") > BYTES_MAX) {', 1, "same"],
    ['return complain(report, 0, "", message, "Shorten it");', 1, "words"],
    [
      'if (version !== undefined && (version.kind !== "string" || version.text !== "2012-10-17")) {',
      1,
      "same",
    ],
    [
      'complain(report, version.at, "Version", message, \'Write "2012-10-17" or leave it out\');',
      1,
      "words",
    ],
    ["statements: statements.filter((statement) => statement !== undefined),", 2, "same"],
    [
      "if (effect === undefined || set === undefined || principals === undefined) return undefined;",
      7,
      "same",
    ],
    [
      'return complain(report, at, fieldPath(path, "Effect"), message, \'Write "Allow" or "Deny"\');',
      1,
      "words",
    ],
    ['const remedy = `Write {"${shape.principal}": ["Everyone"]}`;', 1, "words"],
  ],
  "provider/compile.ts": [
    ['checkedTier({ name, kind: "access", patterns, operationNames }),', 1, "same"],
    ["const grouped = groups.flatMap((group) => actionGroups[group] ?? []);", 1, "unreachable"],
    [
      "if (!tier.ok) throw new Error(`A checked tier has good patterns: ${tier.error.message}`);",
      2,
      "unreachable",
    ],
    ["return name === undefined ? undefined : tiers.get(name);", 1, "same"],
  ],
  "provider/dialect.ts": [
    ['return { message, remedy: `Write "${replacement}"` };', 1, "words"],
    [
      "return conditionKeys.some((known) => findConditionKey(known)?.key === wanted.key);",
      1,
      "unreachable",
    ],
    [
      'if (dialect.wildcardActions === "none") return { message, remedy: "Write the actions out" };',
      1,
      "words",
    ],
    ["return { message, remedy: 'Write the actions out, or \"s3:*\" for all' };", 1, "words"],
    ['const otherwise = `Supported are ${known.join(", ")}`;', 2, "words"],
  ],
  "provider/directory-name.ts": [
    [
      'if (slash < 0) return NAME.test(lower) ? { kind: "bare", name: lower } : undefined;',
      1,
      "same",
    ],
    [
      '\'Write a name, "local:Name", "ad:Name", "DOMAIN\\\\Name", "uid:1", "gid:1", "auth_id:1", a SID, \' +',
      1,
      "words",
    ],
    ['\'"Authenticated Users", "local:guest" or "world:Everyone"\';', 1, "words"],
  ],
  "provider/principals.ts": [
    [
      'return err(`Write "*" or ${grammar.forms.map((form) => form.text).join(", ")}`);',
      3,
      "words",
    ],
    ['return err("A character that names have cannot follow a placeholder");', 1, "words"],
    ['return parts.length > 0 ? ok(parts) : err("A form cannot be empty");', 1, "words"],
  ],
  "provider/provider.ts": [["(tierName === undefined || !exceptTiers.has(tierName)),", 1, "same"]],
  "provider/restrict.ts": [
    ["if (isFull(report)) break;", 1, "speed"],
    [
      'if (kind === "bucket" && grammar.kind === "arn") restrictPrincipals(source, grammar);',
      1,
      "unreachable",
    ],
    [
      'complain(report, at, fieldPath(path, name), message, `Supported are ${fields.join(", ")}`);',
      2,
      "words",
    ],
    [
      'complain(report, sid.at, fieldPath(path, "Sid"), message, "Leave out all other characters");',
      1,
      "words",
    ],
    ['const remedy = `Supported are ${dialect.conditionKeys?.join(", ") ?? ""}`;', 5, "words"],
  ],
  "provider/shares.ts": [
    ['const [account = "", subuser] = user.split(":");', 1, "unreachable"],
    [
      'if (name === undefined) return err(`Cannot share with a subuser: got "${share.with.subuser}"`);',
      1,
      "words",
    ],
    ['const policy = parsePolicy(text, "share", "identity");', 1, "same"],
    [
      "const conditions = policy.ok ? policy.value.statements[0]?.conditions : undefined;",
      1,
      "unreachable",
    ],
    [
      "if (conditions === undefined) throw new Error(`A time is a good condition: ${until}`);",
      2,
      "unreachable",
    ],
  ],
  "provider/yaml-file.ts": [
    ["const good = plain && schema.safeParse(plain.data);", 2, "speed"],
    ["if (good?.success === true) return ok(good.data);", 1, "speed"],
    ['const AS_WRITTEN = { expand: (text: string): string => text, placed: "" };', 2, "speed"],
    ["return isScalar(found) ? found.range?.[0] : undefined;", 1, "unreachable"],
  ],
};
