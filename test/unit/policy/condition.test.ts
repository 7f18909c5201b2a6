import assert from "node:assert/strict";
import { test } from "node:test";
import { OTHER_NAME } from "../../../src/policy/condition-keys.ts";
import { effectOf, type Json, type Values } from "./policies.ts";

/** Whether an Allow with this condition, and nothing else that could fail, allows. */
function holds(condition: Json, values: Values, effect: "Allow" | "Deny" = "Allow"): boolean {
  const got = effectOf({ Effect: effect, Condition: condition }, { values });
  return got === effect.toLowerCase();
}

/** One row of section 3.3: operator, key, policy value, a value that it fits, one that it does not. */
const POSITIVE = [
  ["StringEquals", "s3:prefix", "a/b", "a/b", "A/b"],
  ["StringEqualsIgnoreCase", "s3:prefix", "a/É", "A/é", "a/e"],
  ["StringLike", "s3:prefix", "a*c?", "ab/\ncd", "abc"],
  ["NumericEquals", "s3:max-keys", "10", "10.0", "11"],
  ["NumericLessThan", "s3:max-keys", "10", "9.99", "10"],
  ["NumericLessThanEquals", "s3:max-keys", "10", "10", "10.01"],
  ["NumericGreaterThan", "s3:max-keys", "-1", "0", "-1"],
  [
    "NumericGreaterThanEquals",
    "s3:max-keys",
    "9007199254740993",
    "9007199254740993",
    "9007199254740992",
  ],
  [
    "DateEquals",
    "aws:CurrentTime",
    "2026-01-01T00:00:00Z",
    "2026-01-01T01:00:00+01:00",
    "2026-01-01T00:00:01Z",
  ],
  [
    "DateLessThan",
    "aws:CurrentTime",
    "2026-01-01T00:00:00Z",
    "2025-12-31T23:59:59Z",
    "2026-01-01T00:00:00Z",
  ],
  [
    "DateLessThanEquals",
    "aws:CurrentTime",
    "2026-01-01",
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:01Z",
  ],
  ["DateGreaterThan", "aws:EpochTime", "2026-01-01T00:00:00Z", "1767225601", "1767225600"],
  [
    "DateGreaterThanEquals",
    "aws:CurrentTime",
    "1767225600",
    "2026-01-01T00:00:00Z",
    "2025-12-31T23:59:59Z",
  ],
  ["Bool", "aws:SecureTransport", "TRUE", "true", "false"],
  ["BinaryEquals", "s3:x-amz-content-sha256", "QQ==", "QQ==", "QUE="],
  ["IpAddress", "aws:SourceIp", "192.0.2.0/24", "192.0.2.255", "192.0.3.0"],
  [
    "ArnEquals",
    "aws:PrincipalArn",
    "arn:aws:iam::1:user/*",
    "arn:aws:iam::1:user/a/b:c",
    "arn:aws:iam::11:user/a",
  ],
  [
    "ArnLike",
    "aws:PrincipalArn",
    "arn:aws:iam::?:user/a",
    "arn:aws:iam::1:user/a",
    "arn:aws:iam:::user/a",
  ],
] as const;

for (const [operator, key, policy, fits, misfits] of POSITIVE) {
  test(`${operator} holds for a value that fits, not for another, not for an absent key`, () => {
    const condition = { [operator]: { [key]: policy } };
    assert.equal(holds(condition, { [key]: fits }), true, "fits");
    assert.equal(holds(condition, { [key]: misfits }), false, "misfits");
    assert.equal(holds(condition, {}), false, "absent");
    assert.equal(holds(condition, {}, "Deny"), false, "absent in a Deny");
  });

  test(`${operator}IfExists holds for an absent key, and judges a present one`, () => {
    const condition = { [`${operator}IfExists`]: { [key]: policy } };
    assert.equal(holds(condition, {}), true, "absent");
    assert.equal(holds(condition, { [key]: fits }), true, "fits");
    assert.equal(holds(condition, { [key]: misfits }), false, "misfits");
  });
}

const NEGATED = [
  ["StringNotEquals", "s3:prefix", "a", "a", "b"],
  ["StringNotEqualsIgnoreCase", "s3:prefix", "a", "A", "b"],
  ["StringNotLike", "s3:prefix", "a*", "a\n", "b"],
  ["NumericNotEquals", "s3:max-keys", "10", "10", "11"],
  ["DateNotEquals", "aws:CurrentTime", "2026-01-01T00:00:00Z", "1767225600", "1767225601"],
  ["NotIpAddress", "aws:SourceIp", "192.0.2.0/24", "192.0.2.1", "198.51.100.1"],
  [
    "ArnNotEquals",
    "aws:PrincipalArn",
    "arn:aws:iam::1:user/a",
    "arn:aws:iam::1:user/a",
    "arn:aws:iam::1:user/b",
  ],
  [
    "ArnNotLike",
    "aws:PrincipalArn",
    "arn:aws:iam::1:user/*",
    "arn:aws:iam::1:user/a",
    "arn:aws:iam::2:user/a",
  ],
] as const;

for (const [operator, key, policy, fits, misfits] of NEGATED) {
  test(`${operator} holds for a value that does not fit, and for an absent key`, () => {
    const condition = { [operator]: { [key]: policy } };
    assert.equal(holds(condition, { [key]: fits }), false, "fits");
    assert.equal(holds(condition, { [key]: misfits }), true, "misfits");
    assert.equal(holds(condition, {}), true, "absent");
    assert.equal(holds({ [`${operator}IfExists`]: { [key]: policy } }, {}), true, "IfExists");
  });

  test(`${operator} does not hold for an absent key in Ceph's reading`, () => {
    const statement = { Condition: { [operator]: { [key]: policy } } };
    const ifExists = { Condition: { [`${operator}IfExists`]: { [key]: policy } } };
    const switches = { missingKeyNegated: "rgw" } as const;
    assert.equal(effectOf(statement, { switches }), "none");
    assert.equal(effectOf(statement, { switches, values: { [key]: misfits } }), "allow");
    assert.equal(effectOf(ifExists, { switches }), "allow");
  });
}

const UNREADABLE = [
  ["NumericNotEquals", "NumericEquals", "s3:max-keys", "10", "10abc"],
  ["DateNotEquals", "DateEquals", "aws:CurrentTime", "2026-01-01", "yesterday"],
  ["NotIpAddress", "IpAddress", "aws:SourceIp", "192.0.2.0/24", "unix:"],
] as const;

for (const [negated, positive, key, policy, value] of UNREADABLE) {
  test(`${negated} of an unreadable value does not hold in an Allow, but holds in a Deny`, () => {
    const values = { [key]: value };
    assert.equal(holds({ [negated]: { [key]: policy } }, values, "Allow"), false);
    assert.equal(holds({ [negated]: { [key]: policy } }, values, "Deny"), true);
    assert.equal(holds({ [positive]: { [key]: policy } }, values, "Allow"), false);
    assert.equal(holds({ [positive]: { [key]: policy } }, values, "Deny"), false);
  });
}

test("Bool and BinaryEquals do not hold for a value that is neither", () => {
  assert.equal(
    holds({ Bool: { "aws:SecureTransport": "true" } }, { "aws:SecureTransport": "1" }),
    false,
  );
  const binary = { BinaryEquals: { "s3:x-amz-content-sha256": "QQ==" } };
  assert.equal(holds(binary, { "s3:x-amz-content-sha256": "QQ" }), false);
});

/** The vectors of section 3.3, in its numbering. */
const TAGS = "s3:RequestObjectTagKeys";
const VECTORS: readonly (readonly [string, Json, readonly (readonly [Values, boolean])[]])[] = [
  ["1", { StringEquals: { "s3:prefix": "a" } }, [[{}, false]]],
  ["2", { StringNotEquals: { "s3:prefix": "a" } }, [[{}, true]]],
  ["3", { StringNotEquals: { "s3:prefix": ["a", "b"] } }, [[{ "s3:prefix": "b" }, false]]],
  ["4", { StringNotEquals: { "s3:prefix": ["a", "b"] } }, [[{ "s3:prefix": "c" }, true]]],
  ["5", { StringEqualsIfExists: { "aws:Referer": "x" } }, [[{}, true]]],
  [
    "6",
    { StringNotEqualsIfExists: { "aws:Referer": "x" } },
    [
      [{}, true],
      [{ "aws:Referer": "x" }, false],
      [{ "aws:Referer": "y" }, true],
    ],
  ],
  [
    "7",
    { Null: { "s3:x-amz-server-side-encryption": "true" } },
    [
      [{}, true],
      [{ "s3:x-amz-server-side-encryption": "AES256" }, false],
    ],
  ],
  [
    "8",
    { Null: { "s3:prefix": "false" } },
    [
      [{}, false],
      [{ "s3:prefix": "" }, true],
      [{ "s3:prefix": "x" }, true],
    ],
  ],
  ["9", { NumericLessThanEquals: { "s3:max-keys": "10" } }, [[{ "s3:max-keys": "1000" }, false]]],
  [
    "10",
    { Bool: { "aws:SecureTransport": "false" } },
    [[{ "aws:SecureTransport": "false" }, true]],
  ],
  [
    "11",
    { DateLessThan: { "aws:CurrentTime": "2026-01-01T00:00:00Z" } },
    [
      [{ "aws:CurrentTime": "2026-01-01T00:59:59+01:00" }, true],
      [{ "aws:CurrentTime": "2026-01-01T00:00:00Z" }, false],
    ],
  ],
  [
    "12",
    { "ForAllValues:StringEquals": { [TAGS]: ["a", "b"] } },
    [
      [{}, true],
      [{ [TAGS]: [] }, true],
      [{ [TAGS]: ["a"] }, true],
      [{ [TAGS]: ["a", "c"] }, false],
    ],
  ],
  [
    "13",
    { "ForAnyValue:StringEquals": { [TAGS]: ["a"] } },
    [
      [{}, false],
      [{ [TAGS]: ["a", "c"] }, true],
      [{ [TAGS]: ["c"] }, false],
    ],
  ],
  [
    "14",
    { "ForAllValues:StringNotEquals": { [TAGS]: ["a"] } },
    [
      [{ [TAGS]: [] }, true],
      [{ [TAGS]: ["b", "c"] }, true],
      [{ [TAGS]: ["a", "b"] }, false],
    ],
  ],
  [
    "15",
    { "ForAnyValue:StringNotEquals": { [TAGS]: ["a"] } },
    [
      [{ [TAGS]: [] }, false],
      [{ [TAGS]: ["a"] }, false],
      [{ [TAGS]: ["a", "b"] }, true],
    ],
  ],
  ["16", { "ForAllValues:StringEqualsIfExists": { [TAGS]: "a" } }, [[{}, true]]],
];

for (const [number, condition, cases] of VECTORS) {
  test(`vector ${number} of section 3.3: ${JSON.stringify(condition)}`, () => {
    for (const [values, expected] of cases) {
      assert.equal(holds(condition, values), expected, JSON.stringify(values));
    }
  });
}

test("vector 17: a list met without a set operator holds in a Deny only", () => {
  const condition = { StringEquals: { "s3:prefix": "a" } };
  assert.equal(holds(condition, { "s3:prefix": ["a", "b"] }, "Allow"), false);
  assert.equal(holds(condition, { "s3:prefix": ["a", "b"] }, "Deny"), true);
});

test("Null with both values holds always, and an empty list counts as absent", () => {
  const both = { Null: { "s3:prefix": ["true", "false"] } };
  assert.equal(holds(both, {}), true);
  assert.equal(holds(both, { "s3:prefix": "" }), true);
  assert.equal(holds({ Null: { [TAGS]: "true" } }, { [TAGS]: [] }), true);
});

test("a set operator takes a single value as a set of one", () => {
  const condition = { "ForAllValues:StringLike": { "s3:prefix": "a*" } };
  assert.equal(holds(condition, { "s3:prefix": "ab" }), true);
  assert.equal(holds(condition, { "s3:prefix": "b" }), false);
});

test("ForAllValues holds for an absent key in Ceph's reading too", () => {
  const statement = { Condition: { "ForAllValues:StringNotEquals": { [TAGS]: "a" } } };
  assert.equal(effectOf(statement, { switches: { missingKeyNegated: "rgw" } }), "allow");
});

test("operators and keys are joined by AND, values by OR", () => {
  const condition = {
    StringEquals: { "s3:prefix": ["a", "b"], "s3:delimiter": "/" },
    Bool: { "aws:SecureTransport": "true" },
  };
  const all = { "s3:prefix": "b", "s3:delimiter": "/", "aws:SecureTransport": "true" };
  assert.equal(holds(condition, all), true);
  assert.equal(holds(condition, { ...all, "s3:prefix": "c" }), false);
  assert.equal(holds(condition, { ...all, "s3:delimiter": "-" }), false);
  assert.equal(holds(condition, { ...all, "aws:SecureTransport": "false" }), false);
});

test("numbers and booleans of JSON are the texts they are written as", () => {
  assert.equal(holds({ NumericEquals: { "s3:max-keys": 10 } }, { "s3:max-keys": "10" }), true);
  const secure = { Bool: { "aws:SecureTransport": true } };
  assert.equal(holds(secure, { "aws:SecureTransport": "true" }), true);
});

test("both clocks are judged by Date and by Numeric operators", () => {
  const iso = { "aws:CurrentTime": "2026-01-01T00:00:01Z", "aws:EpochTime": "1767225601" };
  for (const key of ["aws:CurrentTime", "aws:EpochTime"]) {
    for (const operator of ["DateGreaterThan", "NumericGreaterThan"]) {
      assert.equal(holds({ [operator]: { [key]: "1767225600" } }, iso), true, `${operator} ${key}`);
      assert.equal(
        holds({ [operator]: { [key]: "1767225601" } }, iso),
        false,
        `${operator} ${key}`,
      );
    }
  }
});

const ADDRESSES = [
  ["10.0.0.5/24", "10.0.0.77", true],
  ["10.0.0.5/24", "10.0.1.77", false],
  ["192.0.2.1", "192.0.2.1", true],
  ["192.0.2.0/24", "::ffff:192.0.2.9", true],
  ["::ffff:192.0.2.7/120", "192.0.2.9", true],
  ["::ffff:192.0.2.0/120", "192.0.3.9", false],
  ["::/0", "192.0.2.9", false],
  ["0.0.0.0/0", "2001:db8::1", false],
  ["0.0.0.0/0", "64:ff9b::c000:209", false],
  ["2001:db8:0:ff::7/63", "2001:db8:0:fe::1", true],
  ["2001:db8:0:ff::7/63", "2001:db8:0:fd::1", false],
  ["2001:db8::1", "2001:DB8:0:0::1", true],
  ["fe80::/10", "fe80::1%eth0", true],
] as const;

for (const [network, address, expected] of ADDRESSES) {
  test(`IpAddress ${network} ${expected ? "has" : "has not"} ${address}`, () => {
    const values = { "aws:SourceIp": address };
    assert.equal(holds({ IpAddress: { "aws:SourceIp": network } }, values), expected);
    assert.equal(holds({ NotIpAddress: { "aws:SourceIp": network } }, values), !expected);
  });
}

test("condition keys have no letter case, IAM's tag names have none, S3's have one", () => {
  assert.equal(holds({ StringEquals: { "S3:Prefix": "a" } }, { "s3:prefix": "a" }), true);
  const team = { "aws:PrincipalTag/team": "x" };
  assert.equal(holds({ StringEquals: { "aws:principaltag/Team": "x" } }, team), true);
  const stored = { "s3:ExistingObjectTag/Team": "x" };
  assert.equal(holds({ StringEquals: { "s3:existingobjecttag/Team": "x" } }, stored), true);
  assert.equal(holds({ StringEquals: { "s3:existingobjecttag/team": "x" } }, stored), false);
});

test("the other name of a copy's source counts only where that makes the statement stricter", () => {
  const values = {
    "s3:x-amz-copy-source": "vault/k",
    [`s3:x-amz-copy-source/${OTHER_NAME}`]: "T:vault/k",
  };
  const says = (operator: string, pattern: string, effect: "Allow" | "Deny"): boolean =>
    holds({ [operator]: { "s3:x-amz-copy-source": pattern } }, values, effect);
  for (const pattern of ["T:vault/*", "vault/*"]) {
    assert.equal(says("StringLike", pattern, "Deny"), true, pattern);
    assert.equal(says("StringNotLike", pattern, "Allow"), false, pattern);
  }
  assert.equal(says("StringLike", "T:vault/*", "Allow"), false);
  assert.equal(says("StringNotLike", "T:vault/*", "Deny"), true);
  assert.equal(says("StringLike", "vault/*", "Allow"), true);
  assert.equal(says("StringNotLike", "vault/*", "Deny"), false);
});

test("s3:x-amz-copy-source is compared without the slash that people write before it", () => {
  const condition = { StringLike: { "s3:x-amz-copy-source": "/source/public/*" } };
  assert.equal(holds(condition, { "s3:x-amz-copy-source": "source/public/a" }), true);
});

test("an ARN of a condition may have variables in any component", () => {
  const condition = {
    ArnLike: { "aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:user/*" },
  };
  const values = { "aws:PrincipalAccount": "1", "aws:PrincipalArn": "arn:aws:iam::1:user/a" };
  assert.equal(holds(condition, values), true);
  // A value with colons in it stays within its component.
  assert.equal(holds(condition, { ...values, "aws:PrincipalAccount": "1:user/a" }), false);
});

/** Two values are an OR, whichever fits: operator, key, the two, and a value that fits the second only. */
const SECOND = [
  ["NumericEquals", "s3:max-keys", ["1", "2"], "2"],
  ["DateEquals", "aws:CurrentTime", ["2026-01-01", "2026-01-02"], "2026-01-02T00:00:00Z"],
  [
    "ArnEquals",
    "aws:PrincipalArn",
    ["arn:aws:iam::1:user/a", "arn:aws:iam::1:user/b"],
    "arn:aws:iam::1:user/b",
  ],
  ["BinaryEquals", "s3:x-amz-content-sha256", ["QQ==", "QUE="], "QUE="],
  ["Bool", "aws:SecureTransport", ["false", "true"], "true"],
] as const;
for (const [operator, key, policy, value] of SECOND) {
  test(`${operator} with two values holds for the second`, () => {
    assert.equal(holds({ [operator]: { [key]: policy } }, { [key]: value }), true);
  });
}

test("the letters of an ARN count", () => {
  const condition = { ArnEquals: { "aws:PrincipalArn": "arn:aws:iam::1:user/a" } };
  assert.equal(holds(condition, { "aws:PrincipalArn": "arn:aws:iam::1:user/A" }), false);
});

test("a text that is no ARN fits no ARN, not even one of wildcards", () => {
  const condition = { ArnLike: { "aws:PrincipalArn": "arn:*:*:*:*:*" } };
  assert.equal(holds(condition, { "aws:PrincipalArn": "arn:aws:iam:" }), false);
  assert.equal(holds(condition, { "aws:PrincipalArn": "arn:aws:iam:::a" }), true);
});

test("the other name of a copy's source counts only where it is one, and fits", () => {
  const of = (pattern: string) => ({ StringLike: { "s3:x-amz-copy-source": pattern } });
  const names = (other?: string): Values => ({
    "s3:x-amz-copy-source": "bucket/key",
    ...(other !== undefined && { [`s3:x-amz-copy-source/${OTHER_NAME}`]: other }),
  });
  assert.equal(holds(of("tenant:*"), names("tenant:bucket/key"), "Deny"), true, "it fits");
  assert.equal(holds(of("tenant:*"), names("other:bucket/key"), "Deny"), false, "it does not");
  assert.equal(holds(of("tenant:*"), names(), "Deny"), false, "there is none");
  assert.equal(holds(of("tenant:*"), names("tenant:bucket/key")), false, "an Allow");
});

test("what clients write may fill a condition of texts, of truth and of ARNs", () => {
  const said = { "aws:Referer": "true", "s3:prefix": "true", "aws:SecureTransport": "true" };
  assert.equal(holds({ StringEquals: { "s3:prefix": "${aws:Referer}" } }, said), true);
  assert.equal(holds({ Bool: { "aws:SecureTransport": "${aws:Referer}" } }, said), true);
  const arn = { ...said, "aws:PrincipalArn": "arn:aws:iam::1:user/true" };
  const condition = { ArnEquals: { "aws:PrincipalArn": "arn:aws:iam::1:user/${aws:Referer}" } };
  assert.equal(holds(condition, arn), true);
});

test("StringNotLike tells letters apart", () => {
  assert.equal(holds({ StringNotLike: { "s3:prefix": "a*" } }, { "s3:prefix": "Ab" }), true);
});

test("a Bool has no wildcards, also behind a variable", () => {
  const condition = { Bool: { "aws:SecureTransport": "*${aws:Referer, 'true'}" } };
  assert.equal(holds(condition, { "aws:SecureTransport": "true" }), false);
});

test("numbers are compared whatever their sign and length", () => {
  const less = (policy: string, value: string) =>
    holds({ NumericLessThan: { "s3:max-keys": policy } }, { "s3:max-keys": value });
  assert.equal(less("-1", "-2"), true);
  assert.equal(less("-2", "-1"), false);
  assert.equal(less("10", "9"), true);
  assert.equal(less("9", "10"), false);
});

test("a name with a slash is no key that has no tags", () => {
  assert.throws(() => holds({ StringEquals: { "aws:username/a": "x" } }, {}), /aws:username\/a/u);
});

test("letters of an ARN count, those of a variable's value too", () => {
  const fixed = { ArnEquals: { "aws:PrincipalArn": "arn:aws:iam::1:user/Alice" } };
  const variable = { ArnLike: { "aws:PrincipalArn": "arn:aws:iam::1:user/${aws:username}" } };
  const arnOf = (name: string) => ({ "aws:PrincipalArn": `arn:aws:iam::1:user/${name}` });
  assert.equal(holds(fixed, arnOf("Alice")), true);
  assert.equal(holds(fixed, arnOf("alice")), false);
  assert.equal(holds(variable, { ...arnOf("Alice"), "aws:username": "Alice" }), true);
  assert.equal(holds(variable, { ...arnOf("Alice"), "aws:username": "alice" }), false);
});

test("the last component of an ARN has the colons in it, a variable's value none of the others", () => {
  const condition = { ArnEquals: { "aws:PrincipalArn": "arn:aws:iam::1:user/a:b" } };
  assert.equal(holds(condition, { "aws:PrincipalArn": "arn:aws:iam::1:user/a:b" }), true);
  assert.equal(holds(condition, { "aws:PrincipalArn": "arn:aws:iam::1:user/a" }), false);
  const variable = { ArnLike: { "aws:PrincipalArn": "arn:aws:iam::${aws:username}:user/*" } };
  const values = { "aws:PrincipalArn": "arn:aws:iam::1:user/a", "aws:username": "1" };
  assert.equal(holds(variable, values), true);
  assert.equal(holds(variable, { ...values, "aws:username": "1:user/a:" }), false);
});

test("Bool by a variable holds for true and false only, in any letter case", () => {
  const condition = { Bool: { "aws:SecureTransport": "${aws:PrincipalTag/tls}" } };
  const with_ = (value: string, tag: string) =>
    holds(condition, { "aws:SecureTransport": value, "aws:PrincipalTag/tls": tag });
  assert.equal(with_("true", "TRUE"), true);
  assert.equal(with_("false", "False"), true);
  assert.equal(with_("true", "false"), false);
  assert.equal(with_("maybe", "maybe"), false);
});
