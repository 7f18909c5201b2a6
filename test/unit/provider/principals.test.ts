/** Names of callers in the grammars of policies: those of the providers, and any that a file could have. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ArnGrammar,
  callerOf,
  checkPrincipal,
  type Identity,
  identifiersOf,
  parseForm,
  type PolicyHolder,
  principalNaming,
} from "../../../src/provider/principals.ts";
import { type NAMES, shipped } from "./providers.ts";

type FormRow = readonly [text: string, direct: readonly PolicyHolder[]];

/** A grammar of these forms, by which alone its policies name callers. */
function grammarOf(...rows: readonly FormRow[]): ArnGrammar {
  const forms = rows.map(([text, direct]) => {
    const parts = parseForm(text);
    if (!parts.ok) throw new Error(parts.error);
    return { text, parts: parts.value, field: "AWS" as const, direct, delegated: [] };
  });
  return { kind: "arn", accept: "forms", forms };
}

const LAB: Identity = { account: "lab", subuser: undefined, groups: [], tenant: undefined };
const ANN: Identity = { ...LAB, subuser: "ann" };
const SESSION: Identity = { ...LAB, role: { name: "writer", session: "alice" } };
const ALL: readonly PolicyHolder[] = ["account", "subuser", "session"];

/** `[form, tenant, account's name, subuser's, session's]`; `undefined` if it cannot be filled. */
const FILLED: readonly (readonly [string, string | undefined, ...(string | undefined)[]])[] = [
  ["arn:aws:iam::{account}:user/x", undefined, ...ALL.map(() => "arn:aws:iam::lab:user/x")],
  ["{account}:{subuser}", undefined, undefined, "lab:ann", undefined],
  ["role/{role}/{session}", undefined, undefined, undefined, "role/writer/alice"],
  ["of/{session}", undefined, undefined, undefined, "of/alice"],
  ["{tenant}:{account}", "t", "t:lab", "t:lab", "t:lab"],
  // As Ceph writes a user without a tenant: nothing between two colons.
  ["arn:aws:iam::{tenant}:user/{account}", undefined, ...ALL.map(() => "arn:aws:iam:::user/lab")],
  ["arn:aws:iam::{tenant}:user/{account}", "", ...ALL.map(() => "arn:aws:iam:::user/lab")],
];
for (const [form, tenant, ...names] of FILLED) {
  test(`the form ${form} names whoever has all of its names (tenant ${tenant})`, () => {
    const grammar = grammarOf([form, ALL]);
    for (const [i, identity] of [LAB, ANN, SESSION].entries()) {
      const { identifiers, accountIdentifiers } = identifiersOf(grammar, { ...identity, tenant });
      assert.deepEqual(identifiers, names[i] === undefined ? [] : [names[i]]);
      assert.deepEqual(accountIdentifiers, []);
    }
  });
}

const USER = "arn:aws:iam::{tenant}:user/{account}";
const TWICE = "arn:aws:iam::{account}:user/{account}";
/** `[form, principal, whether it fits]`. */
const FITTING: readonly (readonly [string, string, boolean])[] = [
  [USER, "arn:aws:iam::t:user/lab", true],
  [USER, "arn:aws:iam:::user/lab", true],
  [USER, "arn:aws:iam::t:user/lab:ann", false],
  [USER, "arn:aws:iam::t:user/:ann", false],
  [USER, "arn:aws:iam::t:role/lab", false],
  [USER, "lab", false],
  [TWICE, "arn:aws:iam::lab:user/lab", true],
  [TWICE, "arn:aws:iam::lab:user/other", false],
  [TWICE, "arn:aws:iam:::user/lab", false],
  ["{account}", "lab", true],
];
for (const [form, principal, fits] of FITTING) {
  test(`${principal} ${fits ? "is" : "is not"} of the form ${form}`, () => {
    assert.equal(checkPrincipal(grammarOf([form, ALL]), "AWS", principal).ok, fits);
  });
}

test("parseForm() reads text and placeholders in their order", () => {
  assert.deepEqual(parseForm("arn::{tenant}:user/{account}"), {
    ok: true,
    value: [
      { kind: "text", text: "arn::" },
      { kind: "name", name: "tenant" },
      { kind: "text", text: ":user/" },
      { kind: "name", name: "account" },
    ],
  });
  assert.deepEqual(parseForm("a:b"), { ok: true, value: [{ kind: "text", text: "a:b" }] });
});

for (const [what, form] of [
  ["nothing", ""],
  ["a letter after a placeholder", "{account}x"],
  ["a hyphen after a placeholder", "a:{account}-x"],
  ["two placeholders in a row", "a:{account}{subuser}"],
  ["an unknown placeholder", "{acount}"],
  ["a brace of its own", "{account}:{"],
  ["a wildcard", "{account}:*"],
  ["a space", "{account}: x"],
] as const) {
  test(`parseForm() refuses ${what}`, () => assert.equal(parseForm(form).ok, false));
}

test("callerOf() knows an anonymous caller by no name, but where a directory has a guest", () => {
  for (const name of ["aws", "atman", "lumi-o", "coscine", "nutanix"] as const) {
    const { principals } = shipped(name);
    assert.deepEqual(callerOf(principals, undefined), { kind: "anonymous" });
    assert.deepEqual(callerOf(principals, undefined, ["visitors"]), { kind: "anonymous" });
  }
  assert.deepEqual(callerOf(shipped("qumulo").principals, undefined), {
    kind: "known",
    identifiers: ["guest"],
    accountIdentifiers: [],
  });
});

test("a directory names a subuser and a session as their account, by nothing more", () => {
  for (const identity of [LAB, ANN, SESSION]) {
    assert.deepEqual(callerOf(shipped("qumulo").principals, identity), {
      kind: "known",
      identifiers: ["authenticated", "local:lab", "bare:lab"],
      accountIdentifiers: [],
    });
  }
});

test("NotPrincipal spares a session by all its names only where sessions have one of their own", () => {
  const shared: readonly FormRow[] = [
    ["{account}", ["session", "account"]],
    ["user/{account}", ["account"]],
    ["{account}:{subuser}", ["subuser"]],
  ];
  const spares = (...rows: readonly FormRow[]) => {
    const caller = callerOf(grammarOf(...rows), SESSION);
    return caller.kind === "known" && caller.sparing === "all" ? "all" : "one";
  };
  assert.equal(spares(...shared), "one");
  assert.equal(spares(...shared, ["role/{role}", ["session"]]), "all");
  const { kind, ...rest } = callerOf(grammarOf(["role/{role}", ["session"]], ...shared), LAB);
  assert.equal(kind, "known");
  assert.deepEqual(rest, { identifiers: ["lab", "user/lab"], accountIdentifiers: [] });
});

/** `[provider, the narrowest name of the account, of its subuser, of a role's session]`. */
const NARROWEST: readonly (readonly [(typeof NAMES)[number], ...(string | undefined)[]])[] = [
  ["aws", "lab", "arn:aws:iam::lab:user/ann", "arn:aws:iam::lab:role/writer"],
  ["atman", "arn:aws:iam:::user/lab", "arn:aws:iam:::user/lab:ann", undefined],
  ["lumi-o", "arn:aws:iam::lab:user/lab", "arn:aws:iam::lab:user/lab:ann", undefined],
  ["coscine", "lab", "arn:aws:iam::lab:user/ann", undefined],
  ["nutanix", "lab", "arn:aws:iam::lab:user/ann", undefined],
  // Not bare: that would be the account of any directory.
  ["qumulo", "local:lab", undefined, undefined],
];
for (const [provider, ...names] of NARROWEST) {
  test(`principalNaming() under ${provider} finds the narrowest name, never the account's for its user or role`, () => {
    const { principals } = shipped(provider);
    assert.deepEqual(
      [LAB, ANN, SESSION].map((identity) => principalNaming(principals, identity)),
      names,
    );
  });
}
