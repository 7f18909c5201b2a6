import assert from "node:assert/strict";
import { test } from "node:test";
import { trafficLimits } from "../../../src/config/limits.ts";
import { GATEWAY, goodConfig, problemsOf } from "../../support/config.ts";

const NONE = {
  requestsPerSecond: undefined,
  concurrentRequestsMax: undefined,
  bytesPerSecond: undefined,
};

const limitsOf = (limits: string, accounts = "[]"): ReturnType<typeof trafficLimits> =>
  trafficLimits(
    goodConfig({
      "gateway.yaml": `${GATEWAY}limits: ${limits}\n`,
      "accounts.yaml": `accounts: ${accounts}\n`,
    }),
  );

test("trafficLimits() watches nobody where nobody is limited", () => {
  assert.equal(limitsOf("{}").allowances, undefined);
  assert.equal(limitsOf("{}", "[{ name: lab, subusers: [] }]").allowances, undefined);
});

test("trafficLimits() has what holds for all, in units that the names say", () => {
  const all =
    "{ requestsPerAccount: 5, requestsPerSubuser: 4, concurrentRequests: 3, concurrentRequestsPerSubuser: 2, bytesPerAccount: 1MB, connections: 9, connectionsPerAddress: 8, pipelinedRequests: 10, headerTimeout: 7s, idleTimeout: 6s, headerBytes: 5KiB, unprovedBytes: 3MiB }";
  const { allowances, ...limits } = limitsOf(all);
  assert.deepEqual(allowances, {
    account: { requestsPerSecond: 5, concurrentRequestsMax: 3, bytesPerSecond: 1_000_000 },
    subuser: { requestsPerSecond: 4, concurrentRequestsMax: 2, bytesPerSecond: undefined },
    accounts: new Map(),
  });
  assert.deepEqual(
    { ...limits, isExempt: limits.isExempt("192.0.2.1") },
    {
      headerBytesMax: 5120,
      unprovedBytesMax: 3_145_728,
      headerTimeoutMs: 7000,
      idleTimeoutMs: 6000,
      connectionsMax: 9,
      connectionsPerAddressMax: 8,
      pipelinedRequestsMax: 10,
      isExempt: false,
    },
  );
});

test("trafficLimits() puts what accounts.yaml says over it, one limit at a time", () => {
  const accounts = `
  - { name: lab, limits: { requests: 50, bytes: 1KiB }, subusers: [{ name: reader, tier: READ, limits: { concurrentRequests: 1 } }, { name: writer, tier: WRITE }] }
  - { name: other, subusers: [{ name: reader, tier: READ, limits: { requests: 1 } }] }
  - { name: third }`;
  const { allowances } = limitsOf("{ requestsPerAccount: 5, requestsPerSubuser: 4 }", accounts);
  assert.deepEqual(
    allowances?.accounts,
    new Map([
      [
        "lab",
        {
          own: { ...NONE, requestsPerSecond: 50, bytesPerSecond: 1024 },
          subusers: new Map([
            ["reader", { ...NONE, requestsPerSecond: 4, concurrentRequestsMax: 1 }],
          ]),
        },
      ],
      [
        "other",
        {
          own: { ...NONE, requestsPerSecond: 5 },
          subusers: new Map([["reader", { ...NONE, requestsPerSecond: 1 }]]),
        },
      ],
    ]),
  );
});

const WRONG = [
  ["{ requestsPerAccount: 0 }", '3:31 limits.requestsPerAccount: Expected at least 1: got "0"'],
  ["{ connections: 1.5 }", '3:24 limits.connections: Expected a whole number: got "1.5"'],
  [
    "{ concurrentRequests: 1000001 }",
    '3:31 limits.concurrentRequests: Expected at most 1000000: got "1000001"',
  ],
  [
    "{ bytesPerAccount: 100 }",
    '3:28 limits.bytesPerAccount: Expected a size such as 512B, 64KiB, 1MB or 5GiB: got "100"',
  ],
  ["{ bytesPerAccount: 5B }", '3:28 limits.bytesPerAccount: Expected 1KiB to 1TiB: got "5B"'],
  ["{ headerTimeout: 1ms }", '3:26 limits.headerTimeout: Expected 1s to 10m: got "1ms"'],
  [
    "{ connections: 9999999999999999999 }",
    '3:24 limits.connections: Expected at most 1000000: got "9999999999999999999"',
  ],
  [
    "{ connections: -9999999999999999999 }",
    '3:24 limits.connections: Expected at least 1: got "-9999999999999999999"',
  ],
  [
    "{ requestsPerAccount: 5, requestsPerSubuser: 6 }",
    '3:54 limits.requestsPerSubuser: The limit has no effect: limits.requestsPerAccount is lower: got "6" | Lower it, or raise limits.requestsPerAccount',
  ],
  [
    "{ concurrentRequests: 5, concurrentRequestsPerSubuser: 6 }",
    '3:64 limits.concurrentRequestsPerSubuser: The limit has no effect: limits.concurrentRequests is lower: got "6" | Lower it, or raise limits.concurrentRequests',
  ],
  [
    "{ connections: 10, connectionsPerAddress: 11 }",
    '3:51 limits.connectionsPerAddress: The limit has no effect: limits.connections is lower: got "11" | Lower it, or raise limits.connections',
  ],
  [
    "{ connectionsPerAddress: 10001 }",
    '3:34 limits.connectionsPerAddress: The limit has no effect: limits.connections is lower: got "10001" | Lower it, or raise limits.connections',
  ],
  [
    "{ unprovedBytes: 3MiB, xmlBytes: 4MiB }",
    '3:26 limits.unprovedBytes: It must be at least limits.xmlBytes: got "3MiB" | Raise limits.unprovedBytes, or lower limits.xmlBytes',
  ],
  [
    "{ unprovedBytes: 1MiB }",
    '3:26 limits.unprovedBytes: It must be at least limits.xmlBytes: got "1MiB" | Raise limits.unprovedBytes, or lower limits.xmlBytes',
  ],
  [
    "{ bodyBytes: 1MiB, xmlBytes: 1025KiB }",
    '3:38 limits.xmlBytes: The limit has no effect: limits.bodyBytes is lower: got "1025KiB" | Lower it, or raise limits.bodyBytes',
  ],
] as const;
for (const [limits, problem] of WRONG) {
  test(`parseConfig() refuses limits: ${limits}`, () => {
    const problems = problemsOf({ "gateway.yaml": `${GATEWAY}limits: ${limits}\n` });
    assert.deepEqual(problems, [`gateway.yaml:${problem}`]);
  });
}

test("parseConfig() refuses a share of the spool that is more than all of it", () => {
  for (const [sizes, column, value, most] of [
    ["bytesPerAccount: 11GiB", 49, "11GiB", "formSpool.bytes"],
    ["bytes: 1MiB, bytesPerAccount: 2MiB", 62, "2MiB", "formSpool.bytes"],
  ] as const) {
    const gateway = `${GATEWAY}formSpool: { directory: spool, ${sizes} }\n`;
    assert.deepEqual(problemsOf({ "gateway.yaml": gateway }), [
      `gateway.yaml:3:${column} formSpool.bytesPerAccount: The limit has no effect: ${most} is lower: got "${value}" | Lower it, or raise ${most}`,
    ]);
  }
});

test("parseConfig() gives an account a half of the spool", () => {
  const gateway = `${GATEWAY}formSpool: { directory: spool, bytes: 3MiB }\n`;
  const { formSpool } = goodConfig({ "gateway.yaml": gateway });
  assert.equal(formSpool?.accountBytesMax, 1.5 * 1024 * 1024);
});

test("parseConfig() refuses a subuser's limit that its account's own limit keeps from being met", () => {
  const account = "limits: { requests: 5, concurrentRequests: 5 }";
  const subuser = "limits: { requests: 6, concurrentRequests: 5 }";
  const accounts = `accounts: [{ name: a, ${account}, subusers: [{ name: b, tier: READ, ${subuser} }] }]\n`;
  assert.deepEqual(problemsOf({ "accounts.yaml": accounts }), [
    'accounts.yaml:1:125 accounts[0].subusers[0].limits.requests: The limit has no effect: accounts[0].limits.requests is lower: got "6" | Lower it, or raise accounts[0].limits.requests',
  ]);
});
