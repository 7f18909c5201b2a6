import assert from "node:assert/strict";
import { test } from "node:test";
import { effectOf } from "./policies.ts";

const HOME = "arn:aws:s3:::bucket/home/${aws:username}/*";
const at = (key: string): string => `arn:aws:s3:::bucket/${key}`;

test("a variable in a Resource means the caller's value", () => {
  const values = { "aws:username": "alice" };
  assert.equal(effectOf({ Resource: HOME }, { values, resource: at("home/alice/a") }), "allow");
  assert.equal(effectOf({ Resource: HOME }, { values, resource: at("home/bob/a") }), "none");
});

test("a variable's value is literal, also where it looks like wildcards", () => {
  for (const name of ["*", "?", "${aws:userid}", "al*ce"]) {
    const values = { "aws:username": name, "aws:userid": "bob" };
    assert.equal(effectOf({ Resource: HOME }, { values, resource: at("home/bob/a") }), "none");
    assert.equal(effectOf({ Resource: HOME }, { values, resource: at(`home/${name}/a`) }), "allow");
  }
});

test("a variable without value and default matches nothing", () => {
  assert.equal(effectOf({ Resource: HOME }, { resource: at("home//a") }), "none");
  const deny = { Effect: "Deny", Resource: HOME };
  assert.equal(effectOf(deny, { resource: at("home//a") }), "none");
});

test("a variable without value in NotResource denies everything, and allows nothing", () => {
  const pattern = { NotResource: HOME };
  assert.equal(effectOf({ Effect: "Deny", ...pattern }, { resource: at("any") }), "deny");
  assert.equal(effectOf({ Effect: "Allow", ...pattern }, { resource: at("any") }), "none");
});

test("a variable's default stands in for an absent value, not for an empty one", () => {
  const pattern = { Resource: "arn:aws:s3:::bucket/${aws:PrincipalTag/team, 'every one'}/*" };
  assert.equal(effectOf(pattern, { resource: at("every one/a") }), "allow");
  const values = { "aws:PrincipalTag/team": "" };
  assert.equal(effectOf(pattern, { values, resource: at("/a") }), "allow");
  assert.equal(effectOf(pattern, { values, resource: at("every one/a") }), "none");
});

test("variable names have no letter case", () => {
  const pattern = { Resource: "arn:aws:s3:::bucket/${AWS:UserName}" };
  const values = { "aws:username": "alice" };
  assert.equal(effectOf(pattern, { values, resource: at("alice") }), "allow");
});

test("${*}, ${?} and ${$} mean the characters", () => {
  const pattern = { Resource: "arn:aws:s3:::bucket/${*}${?}${$}{a}" };
  assert.equal(effectOf(pattern, { resource: at("*?${a}") }), "allow");
  assert.equal(effectOf(pattern, { resource: at("xy${a}") }), "none");
});

test("a dollar that opens no variable is a dollar", () => {
  const pattern = { Resource: "arn:aws:s3:::bucket/$a$" };
  assert.equal(effectOf(pattern, { resource: at("$a$") }), "allow");
});

test("a variable in a String condition has no value: equals is false, not-equals is true", () => {
  const values = { "s3:prefix": "alice" };
  const condition = { "s3:prefix": "${aws:username}" };
  assert.equal(effectOf({ Condition: { StringEquals: condition } }, { values }), "none");
  assert.equal(effectOf({ Condition: { StringNotEquals: condition } }, { values }), "allow");
  const named = { ...values, "aws:username": "alice" };
  assert.equal(effectOf({ Condition: { StringEquals: condition } }, { values: named }), "allow");
});

test("a variable in an IgnoreCase condition is folded with the rest", () => {
  const condition = { StringEqualsIgnoreCase: { "s3:prefix": "HOME/${aws:username}" } };
  const values = { "s3:prefix": "home/alice", "aws:username": "Alice" };
  assert.equal(effectOf({ Condition: condition }, { values }), "allow");
});

test("a variable in StringEquals is no wildcard, nor is a star", () => {
  const values = { "s3:prefix": "alice", "aws:username": "*" };
  const condition = { StringEquals: { "s3:prefix": ["*", "${aws:username}"] } };
  assert.equal(effectOf({ Condition: condition }, { values }), "none");
});
