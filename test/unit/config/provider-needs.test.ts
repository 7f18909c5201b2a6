import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { goodConfig, problemsOf, warningsOf } from "../../support/config.ts";

/** A gateway with nothing but the switch, and `more` below. */
const only = (provider: string, more = "", policy = ""): Readonly<Record<string, string>> => ({
  "gateway.yaml": `upstream: { endpoints: ["http://store:7480"], store: ceph }
identities: [{ accounts: accounts.yaml }]
policy: { provider: ${provider}${policy} }
${more}`,
});

/** The documents of seeds: what one switch must bring. */
const BROUGHT = [
  [
    "aws",
    { signatureV2: false, bucketPolicies: "upstream", tierMode: "ceiling", anonymous: "deny" },
  ],
  [
    "atman",
    { signatureV2: true, bucketPolicies: "gateway", tierMode: "union", anonymous: "policy" },
  ],
  [
    "lumi-o",
    { signatureV2: true, bucketPolicies: "gateway", tierMode: "ceiling", anonymous: "upstream" },
  ],
  [
    "qumulo",
    { signatureV2: false, bucketPolicies: "gateway", tierMode: "ceiling", anonymous: "policy" },
  ],
  [
    "coscine",
    { signatureV2: false, bucketPolicies: "upstream", tierMode: "ceiling", anonymous: "deny" },
  ],
  [
    "nutanix",
    { signatureV2: true, bucketPolicies: "gateway", tierMode: "ceiling", anonymous: "deny" },
  ],
] as const;

describe("policy.provider alone", () => {
  for (const [provider, brought] of BROUGHT) {
    test(`${provider} brings what its document needs`, () => {
      const { policy } = goodConfig(only(provider));
      const { signatureV2, bucketPolicies, tierMode, anonymous } = policy;
      assert.deepEqual({ signatureV2, bucketPolicies, tierMode, anonymous }, brought);
    });
  }
  test("a written setting wins over the provider's", () => {
    const written =
      ", bucketPolicies: upstream, signatures: [v4], tierMode: ceiling, anonymous: deny";
    const { policy } = goodConfig(only("atman", "", written));
    assert.equal(policy.bucketPolicies, "upstream");
    assert.equal(policy.signatureV2, false);
    assert.equal(policy.tierMode, "ceiling");
    assert.equal(policy.anonymous, "deny");
  });
  test("state needs no further word where the provider keeps policies, and one where it does not", () => {
    const state = "state: { directory: state }";
    assert.deepEqual(problemsOf(only("atman", state)), []);
    assert.match(problemsOf(only("aws", state)).join(), /store keeps bucket policies/);
    assert.match(
      problemsOf(only("atman", state, ", bucketPolicies: upstream")).join(),
      /store keeps bucket policies/,
    );
  });
});

const STATE = "state: { directory: state }";
const HOSTS = 'listen: { accountDomains: ["*.s3.example.org"] }';
const PEOPLE = 'accounts: [{ name: a, privileges: [S3_BUCKETS_WRITE], groups: ["uid:1"] }]\n';

/** Provider, what is missing, and what `check` then says. */
const MISSING = [
  ["lumi-o", "", "listen.accountDomains: public links that name the project in the host"],
  ["lumi-o", "", "state: put-bucket-policy and s3cmd setpolicy are answered 405"],
  ["atman", "", "state: put-bucket-policy and s3cmd setpolicy are answered 405"],
  ["qumulo", "", "state: policies stand in accounts.yaml alone"],
  ["qumulo", STATE, "privileges: nobody has the privileges"],
  ["qumulo", STATE, "groups: policies can name accounts, but no group"],
  ["nutanix", "", "state: buckets are shared by lines of accounts.yaml alone"],
] as const;

describe("check names what the provider's document still needs", () => {
  for (const [provider, more, said] of MISSING) {
    test(`${provider}: ${said}`, () => {
      const warnings = warningsOf(only(provider, more));
      const needed = warnings.filter((line) => line.includes(`The document of ${provider} needs`));
      assert.equal(needed.filter((line) => line.includes(`needs ${said}`)).length, 1);
      // At the switch, with a remedy.
      assert.match(needed[0] ?? "", /^gateway\.yaml:3:\d+ policy\.provider: .* \| \S/);
    });
  }
  test("and nothing once it is there", () => {
    for (const [provider, more] of [
      ["aws", ""],
      ["coscine", ""],
      ["lumi-o", `${STATE}\n${HOSTS}`],
      ["atman", STATE],
      ["qumulo", STATE],
      ["nutanix", STATE],
    ] as const) {
      const files = {
        ...only(provider, more),
        ...(provider === "qumulo" && { "accounts.yaml": PEOPLE }),
      };
      const warnings = warningsOf(files);
      assert.deepEqual(
        warnings.filter((line) => line.includes("The document of")),
        [],
        provider,
      );
    }
  });
  test("a store that keeps policies leaves a part of the model to itself: a warning", () => {
    for (const provider of ["atman", "lumi-o", "nutanix"]) {
      const warnings = warningsOf(only(provider, "", ", bucketPolicies: upstream"));
      assert.match(
        warnings.join("\n"),
        /policy\.bucketPolicies: The document of .* needs policy\.bucketPolicies/,
      );
      assert.doesNotMatch(warnings.join("\n"), /needs state/);
    }
  });
  test("Qumulo's policies are void at any store: a problem", () => {
    assert.deepEqual(problemsOf(only("qumulo", "", ", bucketPolicies: upstream")), [
      "gateway.yaml:3:45 policy.bucketPolicies: The document of qumulo needs policy.bucketPolicies: no store understands policies of this form, so none would be in force | Set policy.bucketPolicies to gateway, or leave it out",
    ]);
  });
});
