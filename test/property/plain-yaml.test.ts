import assert from "node:assert/strict";
import { test } from "node:test";
import { readConfigDocument, readPlaced } from "../../src/config/document.ts";
import type { Surroundings } from "../../src/config/surroundings.ts";
import { readPlainYaml } from "../../src/lib/plain-yaml.ts";
import { err, ok } from "../../src/lib/result.ts";
import { shippedProvider } from "../support/config.ts";
import { pieces, plainDocument, withSlips } from "../support/plain-yaml.ts";
import { randomFrom, SEEDS } from "../support/seeds.ts";

const SURROUNDINGS: Surroundings = {
  read: (path) => (path === "secret" ? ok("from a file\n") : err("no such file")),
  env: (name) => (name === "SET" ? "from: [the environment" : undefined),
  provider: shippedProvider,
  nowMs: 0,
};

const DOCUMENTS = Number(process.env["S3WARDEN_YAML_RUNS"] ?? 3000);

/** Returns true if `text` is plain; both readers must then read it alike. */
function isReadAlike(text: string): boolean {
  const plain = readPlainYaml(text, { expand: (written) => written, placed: "shares" });
  if (plain === undefined) return false;
  const one = readConfigDocument(text, "file.yaml", SURROUNDINGS);
  const other = readPlaced(text, "file.yaml", SURROUNDINGS);
  const context = JSON.stringify(text);
  assert.deepEqual(one.problems, other.problems, context);
  assert.ok(one.document !== undefined && other.document !== undefined, context);
  assert.deepEqual(one.document.data, other.document.data, context);
  assert.deepEqual([...one.document.shareLines], [...other.document.shareLines], context);
  assert.deepEqual([...one.document.nodes], [...other.document.nodes], context);
  return true;
}

for (const seed of SEEDS) {
  test(`readPlainYaml() reads plain documents as parseYaml() does (seed ${seed})`, () => {
    const random = randomFrom(seed);
    for (let i = 0; i < DOCUMENTS; i++) {
      const text = plainDocument(random);
      assert.ok(isReadAlike(text), `Not plain: ${JSON.stringify(text)}`);
    }
  });

  test(`readPlainYaml() leaves texts to parseYaml() that it would read differently (seed ${seed})`, () => {
    const random = randomFrom(seed);
    let read = 0;
    for (let i = 0; i < DOCUMENTS; i++) {
      if (isReadAlike(withSlips(random, plainDocument(random)))) read++;
      if (isReadAlike(pieces(random))) read++;
    }
    assert.ok(read > DOCUMENTS / 10, `Only ${read} of ${2 * DOCUMENTS} were read`);
  });
}
