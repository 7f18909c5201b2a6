import { globOf, matchesGlob, wildcardParts } from "../../../src/lib/glob.ts";
import { nearest, suggester } from "../../../src/lib/suggestion.ts";
import { KNOWN_ACTIONS } from "../../../src/policy/actions.ts";
import { evaluate } from "../../../src/policy/evaluate.ts";
import { parsePolicy } from "../../../src/policy/parse.ts";
import { compilePolicies, type PolicySet } from "../../../src/policy/policy-set.ts";
import { CLIENT_PROBLEMS_MAX } from "../../../src/policy/report.ts";
import { requestMemo } from "../../../src/policy/request-memo.ts";
import { parseDecimal, parseInstantText } from "../../../src/policy/values.ts";
import { parsePostPolicy } from "../../../src/signature/post-policy.ts";
import type { Family } from "./families.ts";
import { listed, repeated } from "./fill.ts";

/** The limits of a header section and of a bucket's policy. */
const HEADER_BYTES = 16 * 1024;
const POLICY_BYTES = 20_000;

function glob(name: string, pattern: (bytes: number) => string, text = "a"): Family {
  const make = (bytes: number): (() => unknown) => {
    const compiled = globOf(wildcardParts(pattern(bytes)));
    const plain = repeated(text, bytes);
    return () => matchesGlob(compiled, plain);
  };
  return { parser: "glob, pattern and header", name, bytesMax: HEADER_BYTES, make };
}

const GLOBS: readonly Family[] = [
  glob("*aa…ab*", (bytes) => `*${"a".repeat(bytes / 2)}b*`),
  glob("*baa…a*", (bytes) => `*b${"a".repeat(bytes / 2)}*`),
  glob("*aa…abaa…a*", (bytes) => `*${"a".repeat(bytes / 4)}b${"a".repeat(bytes / 4)}*`),
  glob("*a…ab* of 200 letters", () => `*${"a".repeat(199)}b*`),
  glob("*a*a…*b*", (bytes) => `*${"a*".repeat(bytes / 2)}b*`),
  glob("*a?*a?…*b*", (bytes) => `*${"a?*".repeat(bytes / 3)}b*`),
  glob("*a?a?…b* of 256 letters", () => `*${"a?".repeat(127)}b*`),
  glob("*abab…abb*", (bytes) => `*${repeated("ab", bytes / 2)}b*`, "ab"),
];

function policyText(bytes: number, statement: (number: number) => string, between = ""): string {
  const frame = '{"Version":"2012-10-17","Statement":[';
  return `${frame}${listed(bytes - frame.length - 2, statement, `,${between}`)}]}`;
}

const SCOPE = '"Principal":"*","Resource":"arn:aws:s3:::b/*"';

/** Returns a statement with a list of some items. */
function withList(
  items: number,
  itemOf: (number: number) => string,
  rest: (list: string) => string,
) {
  return (number: number): string => {
    const list = Array.from({ length: items }, (_, i) =>
      JSON.stringify(itemOf(number * items + i)),
    );
    return `{"Effect":"Deny",${rest(list.join(","))}}`;
  };
}

function parsed(text: string): void {
  const rules = { bucket: "b", problemsMax: CLIENT_PROBLEMS_MAX };
  const policy = parsePolicy(text, "policy", "bucket", rules);
  if (policy.ok) compilePolicies([policy.value]);
}

function parsing(name: string, textOf: (bytes: number) => string, bytesMax = POLICY_BYTES): Family {
  const make = (bytes: number): (() => unknown) => {
    const text = textOf(bytes);
    return () => parsed(text);
  };
  return { parser: "policy of a client, read", name, bytesMax, make };
}

const PARSING: readonly Family[] = [
  parsing("unknown actions", (bytes) =>
    policyText(
      bytes,
      withList(
        50,
        (i) => `s3:GetObjectVersionTaggin${i}`,
        (list) => `${SCOPE},"Action":[${list}]`,
      ),
    ),
  ),
  parsing("action patterns, each another", (bytes) =>
    policyText(
      bytes,
      withList(
        50,
        (i) => `s3:*${i.toString(36)}?*`,
        (list) => `${SCOPE},"Action":[${list},"s3:*"]`,
      ),
    ),
  ),
  parsing("s3:* again and again", (bytes) =>
    policyText(
      bytes,
      withList(
        50,
        () => "s3:*",
        (list) => `${SCOPE},"Action":[${list}]`,
      ),
    ),
  ),
  parsing("resource patterns", (bytes) =>
    policyText(
      bytes,
      withList(
        50,
        (i) => `arn:aws:s3:::b/*${i}?*`,
        (list) => `"Principal":"*","Action":"s3:*","Resource":[${list}]`,
      ),
    ),
  ),
  parsing("resource patterns of wildcards only", (bytes) =>
    policyText(
      bytes,
      withList(
        1,
        () => `arn:aws:s3:::b/${"*?".repeat(450)}`,
        (list) => `"Principal":"*","Action":"s3:*","Resource":[${list}]`,
      ),
    ),
  ),
  parsing("operators and keys that nobody knows", (bytes) =>
    policyText(
      bytes,
      (i) =>
        `{"Effect":"Deny",${SCOPE},"Action":"s3:*","Condition":{"StringLik${i}":{"aws:x":"y"}}}`,
    ),
  ),
  parsing("small statements", (bytes) =>
    policyText(bytes, () => `{"Effect":"Deny",${SCOPE},"Action":"s3:*"}`),
  ),
  parsing(
    "statements between line ends",
    (bytes) =>
      policyText(bytes, () => `{"Effect":"Deny",${SCOPE},"Action":"s3:*"}`, "\n".repeat(500)),
    65_000,
  ),
  parsing("a text that never ends", (bytes) => `{"Id":"${"\\\\".repeat(bytes / 2)}`, 65_000),
  parsing("doubled fields", (bytes) => `{${listed(bytes - 2, () => '"Id":"a"')}}`),
];

function setOf(text: string): PolicySet {
  const policy = parsePolicy(text, "policy", "bucket", { bucket: "b" });
  if (!policy.ok) throw new Error(policy.error[0]?.message);
  return compilePolicies([policy.value]);
}

/**
 * Returns evaluations of a policy against values as long; `keys`: the number of objects in
 * question.
 */
function judging(
  name: string,
  value: string,
  keys: number,
  statement: (n: number) => string,
): Family {
  const make = (bytes: number): (() => unknown) => {
    const set = setOf(policyText(bytes, statement));
    const text = repeated(value, (bytes * 3) / 4);
    const context = (): string => text;
    const principal = { kind: "anonymous" } as const;
    const resources = Array.from(
      { length: keys },
      (_, i) => `arn:aws:s3:::b/${"a".repeat(900)}${i}`,
    );
    return () => {
      const memo = requestMemo();
      for (const resource of resources) {
        evaluate(set, { action: "s3:DeleteObject", resource, principal, context, memo });
      }
    };
  };
  const parser = keys === 1 ? "one evaluation" : `evaluations, ${keys} keys`;
  return { parser, name, bytesMax: POLICY_BYTES, make, stepsOf: () => keys };
}

/** Returns a condition with as many items as a list may have. */
const conditioned = (itemOf: (number: number) => string) =>
  withList(
    100,
    itemOf,
    (list) => `${SCOPE},"Action":"s3:*","Condition":{"StringLike":{"aws:UserAgent":[${list}]}}`,
  );

const inResources = withList(
  50,
  (i) => `arn:aws:s3:::b/*a${i}?*`,
  (list) => `"Principal":"*","Action":"s3:*","Resource":[${list}]`,
);

const JUDGING: readonly Family[] = [1, 1000].flatMap((keys) => [
  judging(
    "StringLike *aaaaab* of a User-Agent",
    "a",
    keys,
    conditioned((i) => `*aaaaab${i}*`),
  ),
  judging(
    "StringLike *a?b* of a User-Agent",
    "a",
    keys,
    conditioned((i) => `*a?${i}b*`),
  ),
  judging(
    "StringLike ${aws:UserAgent}, by itself",
    "a",
    keys,
    conditioned((i) => `*\${aws:UserAgent}${i}*`),
  ),
  judging("Resource *a1?* of keys", "a", keys, inResources),
]);

function numbers(name: string, text: (bytes: number) => string): Family {
  const make = (bytes: number): (() => unknown) => {
    const value = text(bytes);
    return () => [parseDecimal(value), parseInstantText(value)];
  };
  return { parser: "numbers and dates", name, bytesMax: HEADER_BYTES, make };
}

const NUMBERS: readonly Family[] = [
  numbers("000…x", (bytes) => `${"0".repeat(bytes)}x`),
  numbers("0.000…0x", (bytes) => `0.${"0".repeat(bytes)}x`),
  numbers("0.000…0", (bytes) => `0.${"0".repeat(bytes)}`),
];

const SUGGESTIONS: readonly Family[] = [
  {
    parser: "suggestions",
    name: "a name as long as is compared, by its length",
    bytesMax: 64,
    make: (bytes) => () =>
      nearest("s3:getobjectversionforreplica".repeat(3).slice(0, bytes), KNOWN_ACTIONS),
  },
  {
    parser: "suggestions",
    name: "unknown names of 34 characters",
    bytesMax: POLICY_BYTES,
    make: (bytes) => () => {
      const word = suggester();
      const name = "s3:GetObjectVersionForReplicatio";
      for (let i = 0; i < bytes / 34; i++) {
        word({ name: `${name}${i}`, candidates: () => KNOWN_ACTIONS, otherwise: "" });
      }
    },
  },
];

function formPolicy(name: string, itemOf: (number: number) => string): Family {
  const make = (bytes: number): (() => unknown) => {
    const conditions = listed((bytes * 3) / 4 - 60, itemOf);
    const text = `{"expiration":"2030-01-01T00:00:00Z","conditions":[${conditions}]}`;
    const base64 = Buffer.from(text).toString("base64");
    return () => parsePostPolicy(base64);
  };
  return { parser: "policy of a form", name, bytesMax: 20 * 1024, make };
}

const FORM_POLICIES: readonly Family[] = [
  formPolicy("conditions", (i) => `["eq","$x-amz-meta-${i}","y"]`),
  formPolicy("conditions of one member each", (i) => `{"x${i}":"y"}`),
  formPolicy("escapes", () => `{"x":"\\u0041\\u0041\\u0041\\u0041"}`),
];

export const POLICY_FAMILIES: readonly Family[] = [
  ...GLOBS,
  ...JUDGING,
  ...PARSING,
  ...SUGGESTIONS,
  ...NUMBERS,
  ...FORM_POLICIES,
];
