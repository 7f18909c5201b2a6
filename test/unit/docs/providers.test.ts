/** docs/providers.md against config/providers and the data path, so that every cell of it is true. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { holderName } from "../../../src/admission/principal.ts";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";
import { parseDirectoryName } from "../../../src/provider/directory-name.ts";
import type { PrincipalForm } from "../../../src/provider/principals.ts";
import type { Provider } from "../../../src/provider/provider.ts";
import { FAULTS } from "../../../src/s3/fault-table.ts";
import { OPERATION_LIST, type Operation } from "../../../src/s3/operations.ts";
import { goodConfig } from "../../support/config.ts";
import { word, type Decided } from "../../support/decided.ts";
import { decide, signerOf, type Sent } from "../admission/people.ts";
import { may, NAMES, shipped } from "../provider/providers.ts";

const PAGE = readFileSync(new URL("../../../docs/providers.md", import.meta.url), "utf8");

/** The text below `## name`. */
function section(name: string): string {
  const found = PAGE.split(/^## /m).find((text) => text.startsWith(`${name}\n`));
  return found ?? assert.fail(`The page has no section ${name}`);
}

/** The one table of `text` whose first column is called `name`, with its heading. */
function table(text: string, name: string): readonly (readonly string[])[] {
  const tables = text.match(/(?:^\|.*\n)+/gm) ?? [];
  const found = tables
    .map((lines) => lines.trimEnd().split("\n").map(cellsOf))
    .filter(([heading]) => heading?.[0] === name);
  assert.equal(found.length, 1, `${found.length} tables of ${name}`);
  return (found[0] ?? []).filter((_, i) => i !== 1);
}

function cellsOf(line: string): readonly string[] {
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** What stands between backticks. */
function codes(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}

function code(text: string): string {
  return `\`${text}\``;
}

const yes = (value: boolean): string => (value ? "yes" : "no");
const count = (size: number): string => (size === 0 ? "none" : String(size));

/** The rows of the comparison, as the providers' files have them. */
const COMPARISON: Readonly<Record<string, (provider: Provider) => string>> = {
  "`signatures`": ({ defaults }) => defaults.signatures.join(", "),
  "`bucketPolicies`": ({ defaults }) => defaults.bucketPolicies,
  "`tierMode`": ({ tierMode }) => tierMode,
  "`crossAccount`": ({ crossAccount }) => crossAccount,
  "`storeAcls`": ({ storeAcls }) => yes(storeAcls),
  "`bucketPolicyRole`": ({ bucketPolicyRole }) => bucketPolicyRole,
  "`ownerPolicyEscape`": ({ ownerPolicyEscape }) => yes(ownerPolicyEscape),
  "`policyDelegation`": ({ policyDelegation }) => yes(policyDelegation),
  "`policyManagers`": ({ policyManagers }) => policyManagers,
  "an account's own keys": ({ accountTier }) =>
    accountTier === undefined ? "all" : code(accountTier.name),
  "`username`": ({ username }) => username,
  "`anonymous`": ({ anonymous }) => anonymous.access,
  "anonymous requests at most": ({ anonymous }) => anonymous.ceiling?.name ?? "no limit",
  "presigned, SigV4": ({ presigned: { expirySecondsMin, expirySecondsMax } }) =>
    `${expirySecondsMin} s to ${expirySecondsMax / 86_400} d`,
  "presigned, SigV2": ({ presigned: { v2, v2SecondsMax } }) => {
    if (!v2) return "no";
    return v2SecondsMax === undefined ? "no limit" : `to ${v2SecondsMax / 86_400} d`;
  },
  "`authErrors`": ({ authErrors }) => authErrors,
  "`tenantAddressing`": ({ tenantAddressing }) => yes(tenantAddressing),
  "`bucketNames`": ({ bucketNames }) => bucketNames,
  "`operationNames`": ({ switches }) => yes(switches.operationNames),
  "`copyReadsTags`": (provider) => yes(provider.copyReadsTags),
  "`attributesReadObjects`": (provider) => yes(provider.attributesReadObjects),
  "`bucketLocation`": ({ bucketLocation }) =>
    bucketLocation === undefined ? "upstream" : code(bucketLocation),
  "`max-keys` at most": ({ maxKeys }) => {
    if (maxKeys !== undefined) assert.equal(maxKeys.excess, "clamp");
    return maxKeys === undefined ? "as sent" : String(maxKeys.cap);
  },
  "bucket policies": ({ dialect: { document } }) =>
    document.kind === "aws" ? "AWS" : code(document.statements),
  "… lack": lackedFields,
  "… actions": ({ dialect }) => String(dialect.knownActions?.length ?? "any"),
  "… wildcards in actions": ({ dialect: { wildcardActions } }) =>
    wildcardActions === "all" ? "`s3:*`" : wildcardActions,
  "… condition keys": ({ dialect: { conditionKeys } }) =>
    conditionKeys === undefined ? "any" : count(conditionKeys.length),
  "… `Sid`": ({ dialect }) => (dialect.sids === "any" ? "any" : "`a-z A-Z 0-9`"),
  "… principals": ({ principals }) => {
    if (principals.kind === "directory") return "directory";
    return principals.accept === "any" ? "any" : "its forms";
  },
  "actions blocked": ({ blockedActions }) => count(blockedActions.length),
  "actions answered 501": ({ unsupported }) => count(unsupported.length),
  privileges: ({ privileges }) => count(privileges.size),
};

/** Fields of AWS's statements that the provider's bucket policies have not. */
function lackedFields({ dialect: { document, fields } }: Provider): string {
  if (document.kind === "bucket-wide") {
    return ["Resource", "Condition", "NotAction", "NotPrincipal"].map(code).join(", ");
  }
  const lacked = ["NotPrincipal", "NotAction", "NotResource", "Condition"].filter(
    (field) => fields?.includes(field) === false,
  );
  return lacked.length === 0 ? "nothing" : lacked.map(code).join(", ");
}

describe("docs/providers.md, the six side by side", () => {
  const [heading = [], ...rows] = table(section("The six side by side"), "switch");
  test("has the six providers and every switch", () => {
    assert.deepEqual(heading, ["switch", ...NAMES]);
    assert.deepEqual(
      rows.map(([name]) => name),
      Object.keys(COMPARISON),
    );
  });
  for (const [name = "", ...cells] of rows) {
    test(name, () => {
      assert.deepEqual(
        cells,
        NAMES.map((provider) => COMPARISON[name]?.(shipped(provider))),
      );
    });
  }
  test("what is alike in all six", () => {
    for (const provider of NAMES.map(shipped)) {
      assert.equal(provider.deleteVersionMode, "sar");
      assert.equal(provider.switches.missingKeyNegated, "aws");
    }
  });
});

for (const name of NAMES) {
  const provider = shipped(name);
  const text = section(name);
  describe(`docs/providers.md, ${name}`, () => {
    describe("tiers", () => checkTiers(provider, table(text, "operations")));
    describe("model", () => checkModel(provider, table(text, "model")));
    test("principals", () => checkPrincipals(provider, table(text, "principal").slice(1)));
    if (provider.privileges.size > 0) {
      test("privileges", () => {
        const rows = table(text, "privilege").slice(1);
        assert.deepEqual(
          rows.map(([privilege = "", actions = ""]) => [codes(privilege)[0], codes(actions)]),
          [...provider.privileges].map(([privilege, { patterns }]) => [privilege, patterns]),
        );
      });
    }
    describe("requests", () => checkRequests(name, text));
  });
}

/** Every operation is in the table: by name, by name with `versionId`, or among all others. */
function checkTiers(
  provider: Provider,
  [heading = [], ...rows]: readonly (readonly string[])[],
): void {
  const tiers = heading.slice(1);
  test("the columns are the provider's tiers", () => {
    assert.deepEqual(tiers, [...provider.tiers.keys()]);
  });
  const granted = ({ name }: Operation, of: "current" | "version"): string =>
    tiers.map((tier) => (may(provider, tier, name, of) ? "✓" : "✗")).join("");
  const named = new Set(rows.flatMap(([names = ""]) => operationsIn(names)));
  // What DeleteObjects and PostObject need stands in their bodies: the page says what they count as.
  const operations = OPERATION_LIST.filter(({ actions }) => actions.length > 0);
  const others = operations.map(({ name }) => name).filter((name) => !named.has(name));
  for (const [names = "", ...cells] of rows) {
    test(names, () => {
      const written = names === "all others" ? others : operationsIn(names);
      assert.ok(written.length > 0);
      for (const text of written) {
        const [name, versioned] = text.split(" ");
        const operation = operations.find((known) => known.name === name);
        assert.ok(operation, `No operation ${name}`);
        if (versioned === undefined)
          assert.equal(granted(operation, "current"), cells.join(""), text);
        if (versioned === undefined && named.has(`${text} versionId`)) continue;
        assert.equal(granted(operation, "version"), cells.join(""), `${text}, of a version`);
      }
    });
  }
  test("every operation stands in one row", () => {
    const all = rows.flatMap(([names = ""]) => operationsIn(names));
    assert.equal(all.length, named.size);
    assert.equal(rows.at(-1)?.[0], "all others");
  });
}

/** The operations that a row names: `GetObject`, or `GetObject versionId` for versions alone. */
function operationsIn(names: string): readonly string[] {
  return [...names.matchAll(/`(\w+)`(?: with (`versionId`))?/g)].map(([, name = "", versioned]) =>
    versioned === undefined ? name : `${name} versionId`,
  );
}

function checkModel(provider: Provider, rows: readonly (readonly string[])[]): void {
  const { blockedActions, unsupported, dialect, presigned } = provider;
  const model = new Map(rows.map(([name = "", cell = ""]) => [name, cell]));
  const cell = (name: string): string => model.get(name) ?? assert.fail(`No row ${name}`);
  test("blocked", () => {
    const written = blockedActions.map(({ text, exceptTiers }) => {
      const except =
        exceptTiers.size === 0 ? "" : ` (not for ${[...exceptTiers].map(code).join()})`;
      return code(text) + except;
    });
    assert.equal(cell("Blocked"), written.join(", ") || "Nothing");
  });
  test("501", () => {
    assert.equal(cell("501"), unsupported.map(({ text }) => code(text)).join(", ") || "Nothing");
  });
  test("presigned", () => {
    const { expirySecondsMin, expirySecondsMax, v2, v2SecondsMax } = presigned;
    const range = `\`X-Amz-Expires\` from ${expirySecondsMin} to ${expirySecondsMax} seconds`;
    assert.ok(cell("Presigned").startsWith(range));
    assert.equal(cell("Presigned").includes("no SigV2"), !v2);
    const bounded = cell("Presigned").includes("SigV2's `Expires` at most as far ahead");
    assert.equal(bounded, v2SecondsMax !== undefined);
  });
  test("what bucket policies may say", () => {
    const named = codes(cell("Bucket policies"));
    for (const known of [...(dialect.fields ?? []), ...(dialect.conditionKeys ?? [])]) {
      assert.ok(named.includes(known), known);
    }
  });
}

/** ARN forms are exactly the provider's; of a directory the page gives examples. */
function checkPrincipals({ principals }: Provider, rows: readonly (readonly string[])[]): void {
  if (principals.kind === "directory") {
    for (const example of rows.flatMap(([written = ""]) => codes(written))) {
      assert.ok(parseDirectoryName(example).ok, example);
    }
    return;
  }
  assert.deepEqual(
    rows,
    principals.forms.map((form) => [code(form.text), holdersOf(form)]),
  );
}

function holdersOf({ direct, delegated }: PrincipalForm): string {
  if (delegated.length > 0) return "the account; its subusers through it";
  if (direct.includes("account")) return "the account and its subusers";
  return direct.includes("session") ? "a session of that role" : "that subuser alone";
}

/** Each block of a section that is a file stands below a line with the file's name. */
function filesOf(text: string): Readonly<Record<string, string>> {
  const blocks = [...text.matchAll(/^`([^`\n]+)`:\n\n```(?:yaml|json)\n([\s\S]*?)^```$/gm)];
  assert.equal(blocks.length, (text.match(/^```\w/gm) ?? []).length, "a block without a name");
  return Object.fromEntries(blocks.map(([, name = "", content = ""]) => [name, content]));
}

function checkRequests(name: string, text: string): void {
  const files = filesOf(text);
  const all = Object.values(files).join("");
  const secrets = [...all.matchAll(/\$\{file:([^}]+)\}/g)].map(([, file = ""]) => file);
  const config = goodConfig({
    ...files,
    ...Object.fromEntries(secrets.map((file) => [file, `secret-of-${file}`])),
  });
  test("the configuration is of this provider, and names every file of the page", () => {
    assert.equal(config.policy.provider.name, name);
    const unnamed = Object.keys(files).filter((file) => !all.includes(file));
    assert.deepEqual(unnamed, ["gateway.yaml"]);
  });
  const snapshot = compileSnapshot(config, 1);
  const rows = table(text, "who").slice(1);
  test("the page lists some", () => assert.ok(rows.length >= 2));
  for (const [who = "", request = "", outcome = ""] of rows) {
    test(`${who}: ${request}`, () => {
      const [line = "", ...headers] = codes(request);
      const [holder] = codes(who);
      const { host = "gateway.example.org", ...others } = headersOf(headers);
      const sent = { ...sentBy(snapshot, holder, who), headers: others, host };
      assert.equal(outcomeOf(snapshot, decide(snapshot, holder, line, sent), line), outcome);
    });
  }
}

/** By which key: `holder`'s, presigned or with another secret where `who` says so. */
function sentBy(snapshot: Snapshot, holder: string | undefined, who: string): Sent {
  if (holder === undefined) {
    assert.equal(who, "nobody");
    return {};
  }
  const key = [...snapshot.keys.values()].find((each) => holderName(each) === holder);
  if (key === undefined) assert.fail(`Nobody is called ${holder}`);
  const [, ...hows] = who.split(", ");
  const [seconds, ...more] = hows.flatMap((how) => /^presigned for (\d+) s$/.exec(how)?.[1] ?? []);
  const wrong = hows.includes("wrong secret");
  assert.equal(hows.length, Number(seconds !== undefined) + more.length + Number(wrong), who);
  return {
    accessKeyId: key.accessKeyId,
    secret: wrong ? "wrong" : key.secret,
    ...(seconds !== undefined && { presignedSeconds: Number(seconds) }),
  };
}

function headersOf(lines: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(lines.map((line) => line.split(": ")));
}

/** In the page's words. */
function outcomeOf(snapshot: Snapshot, verdict: Decided, line: string): string {
  switch (verdict.kind) {
    case "forward": {
      const signer = signerOf(verdict);
      if (signer === undefined) return "forwarded unsigned";
      const account = [...snapshot.keys.values()]
        .map((key) => key.account)
        .find(({ upstream }) => upstream?.accessKeyId === signer);
      const listed = /max-keys=\d+/.exec(verdict.request.head.target)?.[0];
      const capped = listed !== undefined && !line.includes(listed) ? ` with ${code(listed)}` : "";
      return `forwarded as ${code(account?.name ?? signer)}${capped}`;
    }
    case "answer":
      return `answered ${code(verdict.body)}`;
    case "refuse": {
      const { fault, facts } = verdict;
      const gate = facts.denial === undefined ? "" : ` (${code(facts.denial.gate)})`;
      return `${FAULTS[fault.code].status} ${fault.code}${gate}`;
    }
    case "asking":
    case "keep":
      return word(verdict);
  }
}

test("docs/providers.md, lumi-o: policy.presigned.maxExpiry also shortens SigV2's URLs", () => {
  const gateway = filesOf(section("lumi-o"))["gateway.yaml"] ?? "";
  const shortened = gateway.replace("lumi-o }", "lumi-o, presigned: { maxExpiry: 1h } }");
  const { signatures } = compileSnapshot(
    goodConfig({ "gateway.yaml": shortened, "accounts.yaml": "accounts: []\n" }),
    1,
  );
  assert.equal(signatures.presignedExpiryMaxMs, 3_600_000);
  assert.equal(signatures.presignedV2MaxMs, 3_600_000);
});
