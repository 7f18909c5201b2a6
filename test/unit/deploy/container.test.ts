import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { execForm, lastWord, stages } from "../../support/containerfile.ts";
import { CONFIG_FOLDER, deployText, ROOT, textAt } from "../../support/deploy.ts";
import { adminPlace, goodConfig } from "../../support/config.ts";

const PACKAGE: unknown = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));

test("the image has the Node that the tests run on, and this version's name", () => {
  const text = deployText("container/Containerfile");
  assert.ok(text.includes(`ARG NODE_VERSION=${textAt(PACKAGE, "devDependencies/node")}\n`));
  assert.ok(text.includes(`.version="${textAt(PACKAGE, "version")}"`));
  const bases = stages().map(({ instructions }) => instructions[0]?.text.split(" ")[0]);
  assert.equal(new Set(bases).size, 1, "one base, so one C library");
});

test("the image runs as a user that is a number, and not root", () => {
  assert.match(lastWord("USER").text, /^[1-9]\d*:[1-9]\d*$/);
});

test("whoever starts the gateway gives V8 the same memory and threads", () => {
  const places = [
    "package.json",
    "bin/s3warden.js",
    "deploy/container/Containerfile",
    "deploy/systemd/s3warden.service",
    "docs/operate.md",
    "test/bench/support/systems.ts",
  ];
  const said = places.map((place) => {
    const text = readFileSync(`${ROOT}${place}`, "utf8");
    const settings = text.matchAll(/--(?:max-semi-space-size|v8-pool-size)=\w+/g);
    return [place, [...new Set([...settings].map(([setting]) => setting))]];
  });
  const expected = places.map((place) => [place, ["--max-semi-space-size=8", "--v8-pool-size=2"]]);
  assert.deepEqual(said, expected);
});

test("Node itself is started, and gets SIGTERM", () => {
  assert.equal(execForm(lastWord("ENTRYPOINT").text)[0], "node");
  const command = ["serve", "--config", `${CONFIG_FOLDER}/gateway.yaml`];
  assert.deepEqual(execForm(lastWord("CMD").text), command);
  assert.equal(lastWord("STOPSIGNAL").text, "SIGTERM");
});

test("the image's ports and health check are the defaults of the code", () => {
  const { listen, admin } = goodConfig({});
  assert.equal(lastWord("EXPOSE").text, `${listen.address.port} ${adminPlace(admin).port}`);
  const url = `http://127.0.0.1:${adminPlace(admin).port}/healthz`;
  assert.ok(lastWord("HEALTHCHECK").text.includes(url));
});
