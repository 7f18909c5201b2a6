import assert from "node:assert/strict";
import { test } from "node:test";
import { GATEWAY, goodConfig, problemsOf, warningsOf } from "../../support/config.ts";
import { CERTIFICATE } from "../../support/pem.ts";

const NETWORKS = "networks: { allow: [192.0.2.0/24] }";
const routes = (...items: readonly string[]): string =>
  `${GATEWAY}passthrough:\n${items.map((item) => `  - { ${item} }\n`).join("")}`;
const route = (path: string, target = "http://dash:1", more = NETWORKS): string =>
  `path: ${path}, target: "${target}", ${more}`;

test("parseConfig() returns routes in their order, with their defaults", () => {
  const other = `stripPath: true, caFile: ca.crt, connections: 2, timeout: 3s, ${NETWORKS}`;
  const text = routes(route("/a/"), route("/b/c/", "https://[2001:db8::1]:8443", other));
  const { passthrough, warnings } = goodConfig({ "gateway.yaml": text, "ca.crt": CERTIFICATE });
  const networks = { allow: [{ family: 4, base: -1073741312, mask: -256 }], deny: [] };
  assert.deepEqual(passthrough, [
    {
      name: "passthrough[0]",
      path: "/a/",
      stripPath: false,
      target: "http://dash:1",
      networks,
      ca: undefined,
      connectionsMax: 256,
      timeoutMs: 300_000,
    },
    {
      name: "passthrough[1]",
      path: "/b/c/",
      stripPath: true,
      target: "https://[2001:db8::1]:8443",
      networks,
      ca: CERTIFICATE,
      connectionsMax: 2,
      timeoutMs: 3000,
    },
  ]);
  assert.deepEqual(warnings, []);
});

const STORE =
  "The target is the store: everybody could bypass every rule | Name the address of the dashboard";
const SELF = (which: string): string =>
  `The target is the gateway itself, its ${which} | Name the address of the dashboard`;
const SHAPE = "Expected a path such as /dashboard/, with a slash at both ends";

const refused = [
  [
    "the whole port",
    [route("/")],
    `4:13 passthrough[0].path: The path / would take every request away from S3: got "/"`,
  ],
  [
    "a path without a slash at its end",
    [route("/a")],
    `4:13 passthrough[0].path: ${SHAPE}: got "/a"`,
  ],
  [
    "the same path twice",
    [route("/a/"), route("/a/")],
    `5:13 passthrough[1].path: Two routes have the path "/a/" | Give each a path of its own`,
  ],
  [
    "a route within one before",
    [route("/a/"), route("/a/b/")],
    `5:13 passthrough[1].path: One route lies within another: "/a/b/" and "/a/" | Give each a path of its own`,
  ],
  [
    "a route around one before",
    [route("/a/b/"), route("/a/")],
    `5:13 passthrough[1].path: One route lies within another: "/a/" and "/a/b/" | Give each a path of its own`,
  ],
  [
    "the store as target",
    [route("/a/", "http://store:7480")],
    `4:26 passthrough[0].target: ${STORE}`,
  ],
  [
    "the store as target, in another spelling",
    [route("/a/", "https://STORE:7480")],
    `4:26 passthrough[0].target: ${STORE}`,
  ],
  [
    "the gateway's own port as target",
    [route("/a/", "http://localhost:8080")],
    `4:26 passthrough[0].target: ${SELF("listen.address")}`,
  ],
  [
    "the operator's port as target",
    [route("/a/", "http://[::1]:9090")],
    `4:26 passthrough[0].target: ${SELF("admin.address")}`,
  ],
  [
    "a target with a path",
    [route("/a/", "http://dash:1/ui")],
    `4:26 passthrough[0].target: Expected http:// or https://, a host and perhaps a port, and no path: got "http://dash:1/ui"`,
  ],
  [
    "certificates for a target without TLS",
    [route("/a/", "http://dash:1", `caFile: ca.crt, ${NETWORKS}`)],
    `4:51 passthrough[0].caFile: The setting has no effect: the target does not use https | Name an https target, or remove caFile`,
  ],
  [
    "certificates that are none",
    [route("/a/", "https://dash:1", `caFile: accounts.yaml, ${NETWORKS}`)],
    `4:52 passthrough[0].caFile: Expected a certificate in PEM form: got "accounts.yaml"`,
  ],
  [
    "unchecked certificates",
    [route("/a/", "https://dash:1", `insecure: true, ${NETWORKS}`)],
    `4:44 passthrough[0].insecure: Unknown key "insecure" | Allowed: path, target, stripPath, networks, caFile, connections, timeout`,
  ],
  ["no target", ["path: /a/"], `4:5 passthrough[0].target: Missing key "target" | Add it`],
] as const;
for (const [name, items, problem] of refused) {
  test(`parseConfig() refuses ${name} in a route`, () => {
    const files = { "gateway.yaml": routes(...items), "ca.crt": CERTIFICATE };
    assert.deepEqual(problemsOf(files), [`gateway.yaml:${problem}`]);
  });
}

test("parseConfig() refuses an RGW that identities come from as target", () => {
  const ceph = "ceph: { endpoint: 'http://rgw', accessKey: GW, secretKey: SK }";
  const text = routes(route("/a/", "http://rgw:80")).replace("}]", `}, { ${ceph} }]`);
  assert.deepEqual(problemsOf({ "gateway.yaml": text }), [
    `gateway.yaml:4:26 passthrough[0].target: ${STORE}`,
  ]);
});

test("parseConfig() takes other ports of the store's machine", () => {
  goodConfig({
    "gateway.yaml": routes(route("/a/", "http://store:8443"), route("/aa/", "http://store:1")),
  });
});

for (const [name, more, warning] of [
  [
    "a route for everybody",
    "timeout: 5m",
    "4:5 passthrough[0].networks.allow: Everybody who can reach the S3 port can use this path | Name the networks of the dashboard's users",
  ],
  [
    "a route for every IPv4 address",
    "networks: { allow: [0.0.0.0/0] }",
    "4:62 passthrough[0].networks.allow: The list has every IPv4 address, so it has no effect on them | Name only the networks to allow",
  ],
] as const) {
  test(`parseConfig() warns of ${name}`, () => {
    const text = routes(route("/a/", "http://dash:1", more));
    assert.deepEqual(warningsOf({ "gateway.yaml": text }), [`gateway.yaml:${warning}`]);
  });
}
