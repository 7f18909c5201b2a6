/**
 * The table against the SDK itself: every command of @aws-sdk/client-s3 is serialized (nothing is
 * sent) and must come back as itself. A command that a new SDK brings fails here until it has a row.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as sdk from "@aws-sdk/client-s3";
import { parseTarget, type RequestTarget } from "../../../src/http/target.ts";
import { parseAddress } from "../../../src/s3/address.ts";
import { classify, forwardedQuery } from "../../../src/s3/classify.ts";
import { isOperationName, OPERATION_LIST, operationNamed } from "../../../src/s3/operations.ts";
import { at, commands, membersOf, schemas, type Command, type Member } from "./sdk-model.ts";

type Wire = { readonly method: string; readonly target: RequestTarget; readonly headers: string[] };

/** The two requests that are not in the SDK's model. */
const OUTSIDE_THE_MODEL: ReadonlySet<string> = new Set(["PostObject", "Preflight"]);

test("the SDK has the 112 commands that the table has", () => {
  const inTable = OPERATION_LIST.map(({ name }) => name).filter(
    (name) => !OUTSIDE_THE_MODEL.has(name),
  );
  assert.deepEqual(commands.map(({ name }) => name).sort(), inTable.sort());
  assert.equal(inTable.length, 112);
});

for (const { name, value } of commands) {
  // Without its one parameter of its own it is, byte for byte, ListBuckets.
  const minimal = name === "ListDirectoryBuckets" ? "ListBuckets" : name;

  test(`classify() knows ${name} with only its required input`, async () => {
    const wire = await serialize(
      value,
      inputOf(name, () => false),
    );
    assert.equal(classified(wire), minimal);
  });

  test(`classify() knows ${name} with every query parameter the SDK can send`, async () => {
    const wire = await serialize(
      value,
      inputOf(name, (traits) => "httpQuery" in traits),
    );
    assert.equal(classified(wire), name);
    for (const wanted of queryNamesOf(name)) {
      assert.ok(wire.target.query.some((parameter) => parameter.name === wanted));
    }
  });

  test(`forwardedQuery() passes every parameter of ${name} but x-id`, async () => {
    const wire = await serialize(
      value,
      inputOf(name, (traits) => "httpQuery" in traits),
    );
    assert.ok(isOperationName(name));
    const forwarded = forwardedQuery(name, wire.target.query);
    const names = forwarded === "" ? [] : forwarded.split("&").map((pair) => pair.split("=")[0]);
    const sent = wire.target.query.map((parameter) => parameter.name);
    assert.deepEqual(names, sent.filter((sentName) => sentName !== "x-id").sort());
  });

  test(`the table's row of ${name} has the method of the SDK's model`, () => {
    assert.ok(isOperationName(name));
    assert.equal(operationNamed(name).method, at(at(at(schemas.get(name), 3), "http"), 0));
  });

  test(`the table's row of ${name} has the kind of body of the SDK's model`, () => {
    assert.ok(isOperationName(name));
    assert.equal(operationNamed(name).body, bodyOf(name));
  });
}

for (const { name, parameters, required } of OPERATION_LIST) {
  test(`the table's row of ${name} takes no parameter besides those of the SDK's model`, () => {
    const modelled = new Set([...queryNamesOf(name), ...required.map((one) => one.name)]);
    assert.deepEqual(
      [...parameters].filter((parameter) => !modelled.has(parameter)),
      [],
    );
  });
}

test("classify() does not let x-id choose the operation", () => {
  const target = parseTarget("/bucket/k?x-id=PutObjectAcl");
  assert.ok(target.ok);
  assert.equal(classified({ method: "GET", target: target.value, headers: [] }), "GetObject");
});

function classified(wire: Wire): string {
  const located = parseAddress(wire.target.path, "gateway.example.org", {
    domains: [],
    accountDomains: [],
  });
  assert.ok(located.ok);
  const found = classify(wire.method, located.value.address, wire.target.query, wire.headers);
  return found.ok ? found.value : found.error.message;
}

/** The request that `Command` makes of `input`, path style, as the gateway would parse it. */
async function serialize(Command: Command, input: Record<string, unknown>): Promise<Wire> {
  let wire: Wire | undefined;
  const client = new sdk.S3Client({
    region: "us-east-1",
    endpoint: "http://gateway.example.org",
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: "AKEXAMPLE", secretAccessKey: "SKEXAMPLE" },
    requestHandler: {
      handle: (request: { method: string; path: string; query: object; headers: object }) => {
        wire = parsed(request);
        return Promise.reject(new Error("captured"));
      },
    },
  });
  await assert.rejects(client.send(new Command(input)), { message: "captured" });
  assert.ok(wire);
  return wire;
}

function parsed(request: { method: string; path: string; query: object; headers: object }): Wire {
  const query = Object.entries(request.query).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value ?? ""))}`,
  );
  const target = parseTarget(
    query.length === 0 ? request.path : `${request.path}?${query.join("&")}`,
  );
  assert.ok(target.ok);
  const headers = Object.entries(request.headers).flatMap(([name, value]) => [
    name.toLowerCase(),
    String(value),
  ]);
  return { method: request.method, target: target.value, headers };
}

/** Input with every required member of the command, and those whose traits `wants`. */
function inputOf(name: string, wants: (traits: object) => boolean): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const member of membersOf(name)) {
    if (member.required || wants(member.traits)) input[member.name] = valueFor(member);
  }
  return input;
}

/** The kind of body: of what stands neither in path, query nor headers. */
function bodyOf(name: string): string {
  const inBody = membersOf(name).find(
    ({ name: member, traits }) =>
      member !== "Bucket" &&
      member !== "Key" &&
      !["httpQuery", "httpHeader", "httpPrefixHeaders"].some((place) => place in traits),
  );
  switch (inBody?.name) {
    case undefined:
      return "none";
    case "Policy":
      return "json";
    case "AnnotationPayload":
    case "Body":
      return "object";
    default:
      return "xml";
  }
}

function queryNamesOf(name: string): readonly string[] {
  return membersOf(name).flatMap(({ traits }) =>
    "httpQuery" in traits ? [String(traits.httpQuery)] : [],
  );
}

/** A value that serializes; names that the SDK itself looks at get something sensible. */
function valueFor({ name, schema }: Pick<Member, "name" | "schema">): unknown {
  if (name === "Bucket") return "bucket";
  if (name === "CopySource" || name === "RenameSource") return "bucket/source";
  if (name === "EncodingType") return "url";
  if (name === "PartNumberMarker") return "1";
  // A named simple type; then a list; else a structure.
  if (at(schema, 0) === 0) return valueFor({ name, schema: at(schema, 4) });
  if (typeof schema !== "number") return at(schema, 0) === 1 ? [] : {};
  if (schema >= 128) return {};
  if (schema >= 64) return [];
  if (schema === 1) return 1;
  if (schema === 2) return true;
  return schema >= 4 && schema <= 7 ? new Date(0) : "value";
}
