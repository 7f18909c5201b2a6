import assert from "node:assert/strict";
import { test } from "node:test";
import {
  claimKey,
  conditionKeyNames,
  findConditionKey,
} from "../../../src/policy/condition-keys.ts";
import { effectOf } from "./policies.ts";

test("findConditionKey() knows no key by another name than its own, in any letter case", () => {
  assert.equal(findConditionKey("AWS:SOURCEIP")?.key, "aws:SourceIp");
  for (const name of ["", "/", "/x", "aws:SourceIp/x", "aws:SourceIp/", "constructor", "aws:"]) {
    assert.equal(findConditionKey(name), undefined, name);
  }
});

test("findConditionKey() wants the tag of a key of tags, and folds those of IAM", () => {
  assert.equal(findConditionKey("aws:PrincipalTag"), undefined);
  assert.equal(findConditionKey("aws:PrincipalTag/"), undefined);
  assert.equal(findConditionKey("aws:PrincipalTag/Team/A")?.tag, "team/a");
  assert.equal(findConditionKey("s3:ExistingObjectTag/Team")?.tag, "Team");
});

test("a claim of a token is no key that a policy could name, or is told of", () => {
  const { key } = claimKey("sso", "groups");
  for (const name of [key, `${key}/sso:groups`, key.toUpperCase()]) {
    assert.equal(findConditionKey(name), undefined, name);
  }
  assert.ok(!conditionKeyNames().some((name) => name.startsWith(key)));
});

test("claims of different issuers and names are different keys", () => {
  const tags = [claimKey("a", "b"), claimKey("a", "c"), claimKey("b", "b")].map(({ tag }) => tag);
  assert.equal(new Set(tags).size, 3);
});

test("conditionKeyNames() names keys as a policy may write them", () => {
  const names = conditionKeyNames();
  assert.ok(names.includes("aws:SourceIp"));
  assert.ok(names.includes("aws:PrincipalTag/tag"));
  for (const name of names) assert.ok(findConditionKey(name) !== undefined, name);
});

test("tags of one key, and one tag of several keys, are told apart within an evaluation", () => {
  const condition = {
    StringEquals: {
      "aws:PrincipalTag/a": "1",
      "aws:PrincipalTag/b": "2",
      "aws:RequestTag/a": "3",
      "s3:ExistingObjectTag/a": "4",
    },
  };
  const values = {
    "aws:PrincipalTag/a": "1",
    "aws:PrincipalTag/b": "2",
    "aws:RequestTag/a": "3",
    "s3:ExistingObjectTag/a": "4",
  };
  assert.equal(effectOf({ Condition: condition }, { values }), "allow");
  for (const key of Object.keys(values)) {
    assert.equal(effectOf({ Condition: condition }, { values: { ...values, [key]: "5" } }), "none");
  }
});
