/**
 * Tests with z3 as an oracle. The same claim is written down as a formula about strings, bits and
 * numbers by the rules of docs/policy.md. It must have the same answer as by `prove`. Nothing of
 * `src` is in the formula.
 */

import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { init } from "z3-solver";
import { compileSnapshot } from "../../src/config/compile.ts";
import type { Config } from "../../src/config/config.ts";
import { readClaims } from "../../src/prove/claim-reader.ts";
import { knownIn } from "../../src/prove/known-names.ts";
import { prove } from "../../src/prove/prove.ts";
import { sceneOf } from "../../src/prove/scene.ts";
import { goodConfig } from "../support/config.ts";
import { between, oneOf, randomFrom, RUNS, SEEDS } from "../support/seeds.ts";
import { EVERY_OPERATION_SERVED } from "../unit/admission/row-requests.ts";

/** The number of configurations, with three claims each. */
const CONFIGURATIONS = 25;
const NOW = Math.floor(Date.parse("2026-11-22T12:00:00Z") / 1000);
const YEAR = 31_536_000;

type Random = () => number;

type Rule = {
  readonly effect: "Allow" | "Deny";
  readonly actions: readonly string[];
  /** The patterns of resources, all below `data/`. */
  readonly resources: readonly string[];
  readonly negated: boolean;
  /** The principals of a bucket's policy: `*` or names of PEOPLE. */
  readonly who: readonly string[];
  readonly network: { readonly is: boolean; readonly text: string } | undefined;
  readonly time: { readonly before: boolean; readonly second: number } | undefined;
};

/** The callers and their accounts; `lab` owns the bucket. */
const PEOPLE = [
  { name: "lab", account: "lab", arn: "arn:aws:iam::lab:root" },
  { name: "lab:a", account: "lab", arn: "arn:aws:iam::lab:user/a" },
  { name: "labs", account: "labs", arn: "arn:aws:iam::labs:root" },
  { name: "labs:c", account: "labs", arn: "arn:aws:iam::labs:user/c" },
] as const;
const WITH_POLICIES = ["lab:a", "labs:c"] as const;

const KEYS = ["*", "a", "a*", "a/*", "*/b", "a/?", "?", "raw/*", "*a*b", "a/b"] as const;
const NETWORKS = ["198.51.100.0/24", "198.51.100.7/32", "0.0.0.0/0", "198.51.0.0/16"] as const;
const ACTIONS = ["s3:GetObject", "s3:GetObjectVersion", "s3:Get*", "s3:*", "s3:PutObject"] as const;

function rule(random: Random, ofBucket: boolean): Rule {
  const some = <T>(all: readonly [T, ...T[]]): readonly T[] =>
    Array.from({ length: between(random, 1, 2) }, () => oneOf(random, all));
  return {
    effect: random() < 0.6 ? "Allow" : "Deny",
    actions: some(ACTIONS),
    resources: some(KEYS).map((key) => `data/${key}`),
    negated: random() < 0.15,
    who: ofBucket && random() < 0.7 ? some(NAMES) : ["*"],
    network: random() < 0.4 ? { is: random() < 0.5, text: oneOf(random, NETWORKS) } : undefined,
    time:
      random() < 0.3
        ? { before: random() < 0.5, second: NOW + between(random, -1, 2) * YEAR }
        : undefined,
  };
}

const NAMES = ["lab", "lab:a", "labs", "labs:c"] as const;

type Drawn = {
  readonly own: ReadonlyMap<string, readonly Rule[]>;
  readonly bucket: readonly Rule[];
};

function drawn(random: Random): Drawn {
  const rules = (ofBucket: boolean): readonly Rule[] =>
    Array.from({ length: between(random, 1, 3) }, () => rule(random, ofBucket));
  return { own: new Map(WITH_POLICIES.map((name) => [name, rules(false)])), bucket: rules(true) };
}

// Returns the configuration as an operator writes it.

function configOf({ own, bucket }: Drawn): Config {
  const secretKey = "secret";
  const user = (name: string, id: string) => ({
    name: name.split(":")[1],
    policies: [`${id}.json`],
    keys: [{ accessKey: id, secretKey }],
  });
  const accounts = [
    ["lab", "AKIDLAB", [user("lab:a", "AKIDLABA")]] as const,
    ["labs", "AKIDLABS", [user("labs:c", "AKIDLABSC")]] as const,
  ].map(([name, accessKey, subusers]) => ({
    name,
    upstream: { accessKey: `STORE${name}`, secretKey },
    keys: [{ accessKey, secretKey }],
    subusers,
  }));
  return goodConfig({
    "gateway.yaml": `${EVERY_OPERATION_SERVED}policy: { bucketPolicies: gateway, anonymous: policy }\n`,
    "accounts.yaml": JSON.stringify({
      accounts,
      buckets: [{ name: "data", account: "lab", policy: "data.json" }],
    }),
    "AKIDLABA.json": document(own.get("lab:a") ?? [], false),
    "AKIDLABSC.json": document(own.get("labs:c") ?? [], false),
    "data.json": document(bucket, true),
  });
}

function document(rules: readonly Rule[], ofBucket: boolean): string {
  const Statement = rules.map(({ effect, actions, resources, negated, who, network, time }) => {
    const arns = resources.map((text) => `arn:aws:s3:::${text}`);
    const names = who.map((name) => PEOPLE.find((one) => one.name === name)?.arn);
    return {
      Effect: effect,
      ...(ofBucket && { Principal: who.includes("*") ? "*" : { AWS: names } }),
      Action: actions,
      [negated ? "NotResource" : "Resource"]: arns,
      ...((network !== undefined || time !== undefined) && {
        Condition: {
          ...(network && {
            [network.is ? "IpAddress" : "NotIpAddress"]: { "aws:SourceIp": network.text },
          }),
          ...(time && {
            [time.before ? "DateLessThan" : "DateGreaterThan"]: {
              "aws:EpochTime": String(time.second),
            },
          }),
        },
      }),
    };
  });
  return JSON.stringify({ Version: "2012-10-17", Statement });
}

// The formula. `key`, `ip`, `six` (an IPv6 address, which is in no network here) and `second` are
// free.

const and = (...all: readonly string[]): string => `(and true ${all.join(" ")})`;
const or = (...all: readonly string[]): string => `(or false ${all.join(" ")})`;
const not = (one: string): string => `(not ${one})`;

function regex(pattern: string): string {
  const parts = pattern
    .split("")
    .map((char) =>
      char === "*" ? "re.all" : char === "?" ? "re.allchar" : `(str.to_re "${char}")`,
    );
  return `(re.++ (str.to_re "") ${parts.join(" ")})`;
}

function inNetwork(text: string): string {
  const [address = "", bits = ""] = text.split("/");
  const value = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const high = Number(bits);
  if (high === 0) return "(not six)";
  const taken = `((_ extract 31 ${32 - high}) ip)`;
  const wanted = `(_ bv${Math.floor(value / 2 ** (32 - high))} ${high})`;
  return and("(not six)", `(= ${taken} ${wanted})`);
}

/** Returns the condition that the rule is about the request, whoever sends it. */
function matches({ actions, resources, negated, network, time }: Rule, action: string): string {
  const named = actions.some(
    (one) => one === action || (one.endsWith("*") && action.startsWith(one.slice(0, -1))),
  );
  if (!named) return "false";
  const about = or(...resources.map((one) => `(str.in_re (str.++ "data/" key) ${regex(one)})`));
  const inside = network === undefined ? "true" : inNetwork(network.text);
  const when = time && `(${time.before ? "<" : ">"} second ${time.second})`;
  return and(
    negated ? not(about) : about,
    network?.is === false ? not(inside) : inside,
    when ?? "true",
  );
}

function any(rules: readonly Rule[], effect: Rule["effect"], action: string): string {
  return or(...rules.filter((one) => one.effect === effect).map((one) => matches(one, action)));
}

/**
 * Returns the condition that the request of `name` passes: a Deny wins; own, bucket and both as
 * docs/policy.md says.
 */
function passes({ own, bucket }: Drawn, name: string, action: string): string {
  const account = name.split(":", 1)[0];
  const mine = own.get(name) ?? [];
  const isUser = own.has(name);
  const about = (who: readonly string[]) =>
    bucket.filter((one) => one.who.some((said) => who.includes(said)));
  const direct = about(["*", name]);
  const reaching = about(["*", name, account ?? ""]);
  const denied = or(any(mine, "Deny", action), any(reaching, "Deny", action));
  const byOwn = isUser ? any(mine, "Allow", action) : name === "anonymous" ? "false" : "true";
  const byBucket = any(direct, "Allow", action);
  const allowed =
    account === "lab" || name === "anonymous"
      ? or(byOwn, byBucket)
      : and(byOwn, any(reaching, "Allow", action));
  return and(not(denied), allowed);
}

type Claimed = {
  readonly but: readonly string[];
  readonly keys: string;
  readonly outside: string | undefined;
};

function formulaOf(world: Drawn, { but, keys, outside }: Claimed): string {
  const who = [...PEOPLE.map(({ name }) => name), "anonymous"].filter(
    (name) => !but.includes(name),
  );
  const actions = ["s3:GetObject", "s3:GetObjectVersion"];
  const some = or(...who.flatMap((name) => actions.map((action) => passes(world, name, action))));
  return `(declare-const key String)(declare-const ip (_ BitVec 32))(declare-const six Bool)
(declare-const second Int)(assert (>= second ${NOW}))(assert (> (str.len key) 0))
(assert (str.in_re (str.++ "data/" key) ${regex(`data/${keys}`)}))
${outside === undefined ? "" : `(assert ${not(inNetwork(outside))})`}
(assert ${some})`;
}

function claimText({ but, keys, outside }: Claimed): string {
  const except = but.length === 0 ? "" : ` but ${but.join(", ")}`;
  const from = outside === undefined ? "" : ` from outside ${outside}`;
  return `nobody${except} may s3:GetObject on arn:aws:s3:::data/${keys}${from}`;
}

function claimed(random: Random): Claimed {
  const but = PEOPLE.map(({ name }) => name).filter(() => random() < 0.65);
  return {
    but: random() < 0.3 ? [...but, "anonymous"] : but,
    keys: oneOf(random, KEYS),
    outside: random() < 0.4 ? oneOf(random, NETWORKS) : undefined,
  };
}

async function compared(t: TestContext, random: Random): Promise<void> {
  const { Z3 } = await init();
  const settings = Z3.mk_config();
  // It need not find every answer.
  Z3.set_param_value(settings, "timeout", "5000");
  const answerOf = async (formula: string): Promise<number> => {
    const context = Z3.mk_context(settings);
    const solver = Z3.mk_solver(context);
    Z3.solver_inc_ref(context, solver);
    Z3.solver_from_string(context, solver, formula);
    const answer = await Z3.solver_check(context, solver);
    Z3.solver_dec_ref(context, solver);
    Z3.del_context(context);
    return answer;
  };
  const counts = { holds: 0, broken: 0, "not decided": 0 };
  for (let n = 0; n < CONFIGURATIONS * RUNS; n += 1) {
    const world = drawn(random);
    const written = configOf(world);
    const scene = sceneOf(compileSnapshot(written, 1), undefined, NOW * 1000);
    for (let i = 0; i < 3; i += 1) {
      const claim = claimed(random);
      const read = readClaims(claimText(claim), "claims.txt", knownIn(written));
      if (!read.ok || read.value[0] === undefined) assert.fail(JSON.stringify(read));
      const { kind } = prove(scene, read.value[0]);
      const answer = await answerOf(formulaOf(world, claim));
      if (answer === 0) continue;
      const expected = answer === -1 ? "holds" : "broken";
      assert.equal(
        kind,
        expected,
        `${claimText(claim)}\n${JSON.stringify([...world.own, world.bucket])}`,
      );
      counts[kind] += 1;
    }
  }
  t.diagnostic(`${counts.holds} hold, ${counts.broken} are broken`);
  assert(counts.holds > 5 && counts.broken > 5, JSON.stringify(counts));
}

for (const seed of SEEDS) {
  test(`z3 answers claims as prove does, seed ${seed}`, (t) => compared(t, randomFrom(seed)));
}
