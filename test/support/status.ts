import type { TestContext } from "node:test";
import type { Gate } from "../../src/admission/facts.ts";
import type { Minute, RecentActivity } from "../../src/observe/recent.ts";
import type { RecentDenial, RecentFailure } from "../../src/observe/recent-requests.ts";
import { MINUTES_KEPT, MINUTE_MS } from "../../src/observe/recent.ts";
import type { ConfigState } from "../../src/observe/metrics.ts";
import type { Status } from "../../src/status/status.ts";
import { openAdmin, type Administered } from "../../src/admin/admin.ts";
import { compileSnapshot } from "../../src/config/compile.ts";
import { explain } from "../../src/explain/explain.ts";
import { goodConfig } from "./config.ts";

export const NOON = Date.parse("2026-11-22T12:00:00Z");

/** Returns a minute in which nothing happened, with `changes`. */
export function minuteAt(startMs: number, changes: Partial<Minute> = {}): Minute {
  return {
    startMs,
    outcomes: { forwarded: 0, answered: 0, refused: 0, failed: 0, aborted: 0, gateway_fault: 0 },
    denials: {},
    clientErrors: 0,
    serverErrors: 0,
    bytesIn: 0,
    bytesOut: 0,
    storeAnswers: 0,
    storeMs: 0,
    ...changes,
  };
}

/** Returns the hour before NOON; `fill` returns the changes of each minute. */
export function activityOf(
  fill: (i: number) => Partial<Minute>,
  denials: readonly RecentDenial[] = [],
  failures: readonly RecentFailure[] = [],
): RecentActivity {
  const minutes = Array.from({ length: MINUTES_KEPT }, (_, i) =>
    minuteAt(NOON - (MINUTES_KEPT - 1 - i) * MINUTE_MS, fill(i)),
  );
  return { minutes, denials, failures };
}

/** Returns a configuration after which no other was refused. */
export function configState(changes: Partial<ConfigState> = {}): ConfigState {
  const acceptedMs = NOON - 5_000_000;
  return {
    generation: 1,
    acceptedMs,
    refusedMs: undefined,
    refusedFor: [],
    refusedCount: 0,
    ...changes,
  };
}

export function failureOf(changes: Partial<RecentFailure>): RecentFailure {
  const { timeMs, sourceAddress, account, accessKeyId, bucket, key } = denialOf({});
  return {
    timeMs,
    requestId: "0A1B2C3D0000002B",
    sourceAddress,
    account,
    subuser: undefined,
    accessKeyId,
    method: "GET",
    operation: "GetObject",
    bucket,
    key,
    versionId: undefined,
    errorCode: "ServiceUnavailable",
    rule: undefined,
    clipped: false,
    status: 503,
    outcome: "failed",
    endpoint: "http://10.0.0.12:7480",
    upstreamError: "connect",
    fault: undefined,
    storeRequestId: undefined,
    path: undefined,
    ...changes,
  };
}

export function denialOf(changes: Partial<RecentDenial> & { readonly gate?: Gate }): RecentDenial {
  return {
    timeMs: NOON - 12_345,
    requestId: "0A1B2C3D0000002A",
    sourceAddress: "198.51.100.7",
    account: "lab",
    subuser: "reader",
    accessKeyId: "AKIDREADER0000000000",
    method: "DELETE",
    operation: "DeleteObject",
    bucket: "photos",
    key: "2026/cat.jpg",
    versionId: undefined,
    errorCode: "AccessDenied",
    gate: "tier",
    rule: "lab:reader: READ",
    ruleFile: undefined,
    ruleLine: undefined,
    reported: false,
    clipped: false,
    ...changes,
  };
}

/** Returns the status of a gateway that has just started and served nobody, with `changes`. */
export function statusOf(changes: Partial<Status> = {}): Status {
  return {
    timeMs: NOON + 34_000,
    version: "0.1.0",
    notReady: undefined,
    config: configState(),
    endpoints: [{ origin: "http://127.0.0.1:7480", up: true, requestsInFlight: 0 }],
    issuers: [],
    identities: [],
    proved: undefined,
    processes: [
      {
        pid: 4711,
        startedMs: NOON - 5_000_000,
        residentBytes: 123_456_789,
        connections: 0,
        requestsInFlight: 0,
      },
    ],
    activity: activityOf(() => ({})),
    ...changes,
  };
}

/** Returns an hour with an example of everything that the page can show. */
export function busyStatus(): Status {
  const denials = [
    denialOf({}),
    denialOf({
      gate: "explicit-deny",
      subuser: undefined,
      rule: "lab.json:14 NoDeletesOnSundays",
      ruleFile: "/etc/s3warden/policies/lab.json",
      ruleLine: 14,
      versionId: "3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY",
    }),
    denialOf({
      gate: "authentication",
      account: undefined,
      subuser: undefined,
      accessKeyId: "AKIDUNKNOWN000000000",
      sourceAddress: "2001:db8:85a3:8d3:1319:8a2e:370:7348",
      operation: "GetObject",
      errorCode: "SignatureDoesNotMatch",
      rule: "signature differs",
    }),
    denialOf({
      key: `${"a-very-long-prefix-without-any-break".repeat(12)}/end.bin`,
      operation: "PutObject",
      method: "PUT",
    }),
    denialOf({ key: '<script>alert("from a key")</script><img src=x onerror=alert(1)>' }),
    denialOf({ key: "evil\u202egpj.exe\u0000\nnext line" }),
    denialOf({
      gate: "request",
      account: undefined,
      subuser: undefined,
      accessKeyId: undefined,
      bucket: undefined,
      key: undefined,
      operation: "Unknown",
      rule: "InvalidArgument",
      errorCode: "InvalidArgument",
    }),
    denialOf({
      gate: "networks",
      reported: true,
      errorCode: undefined,
      rule: "subuser networks: not-allowed",
    }),
  ];
  const activity = activityOf(
    (i) => {
      const wave = Math.round(400 + 300 * Math.sin(i / 6));
      return {
        outcomes: {
          forwarded: i === 20 ? 0 : wave,
          answered: i % 7,
          refused: i % 11 === 0 ? 90 : i % 3,
          failed: i === 20 || i === 21 ? 240 : 0,
          aborted: i % 5,
          gateway_fault: 0,
        },
        denials: {
          ...(i % 3 > 0 && { tier: i % 3 }),
          ...(i % 11 === 0 && { authentication: 80, networks: 10 }),
        },
        clientErrors: i % 11 === 0 ? 95 : 4,
        serverErrors: i === 20 || i === 21 ? 240 : 0,
        bytesIn: wave * 40_000,
        bytesOut: wave * 1_200_000,
        storeAnswers: wave,
        storeMs: wave * 3.7,
      };
    },
    denials,
    FAILURES,
  );
  return statusOf({
    activity,
    config: configState({
      generation: 7,
      acceptedMs: NOON - 900_000,
      refusedMs: NOON - 60_000,
      refusedFor: [
        'gateway.yaml:12:3: limits.idleTimeout: Expected a duration such as 30s: got "30"',
        "accounts.yaml:7:5: accounts[0].<b>name</b>: Missing key",
      ],
      refusedCount: 14,
    }),
    issuers: [
      {
        name: "keycloak",
        url: "https://idp.example.org/realms/lab",
        state: "away",
        keys: 2,
        ageMs: 4_000_000,
        failure: "connect ECONNREFUSED 10.0.0.9:443",
      },
      {
        name: "cluster",
        url: "https://kubernetes.default.svc",
        state: "ok",
        keys: 1,
        ageMs: undefined,
        failure: undefined,
      },
    ],
    identities: [{ kind: "ceph", endpoint: "http://10.0.0.11:7480", state: "refused", keys: 812 }],
    proved: { file: "/etc/s3warden/claims.txt", atMs: NOON - 900_000, holding: 12, undecided: 1 },
    endpoints: [
      { origin: "http://10.0.0.11:7480", up: true, requestsInFlight: 12 },
      { origin: "http://10.0.0.12:7480", up: false, requestsInFlight: 0 },
    ],
    processes: [
      {
        pid: 4711,
        startedMs: NOON - 275_000_000,
        residentBytes: 143_456_789,
        connections: 1_204,
        requestsInFlight: 7,
      },
      {
        pid: 4712,
        startedMs: NOON - 4_000,
        residentBytes: 98_456_789,
        connections: 1_190,
        requestsInFlight: 5,
      },
    ],
  });
}

const FAILURES: readonly RecentFailure[] = [
  failureOf({}),
  failureOf({
    status: 500,
    outcome: "forwarded",
    errorCode: undefined,
    upstreamError: undefined,
    storeRequestId: "tx00000a1b2c3d4e5f60718-0067",
  }),
  failureOf({
    status: 0,
    outcome: "gateway_fault",
    errorCode: "InternalError",
    upstreamError: undefined,
    fault: "answer",
    key: "<script>alert(1)</script>",
  }),
];

const LONG = "a-name-of-the-longest-kind-without-any-break-".repeat(6);

/** Returns a gateway in which every name is long. */
export function longNamedStatus(): Status {
  const { processes } = busyStatus();
  const named = { account: LONG, subuser: LONG, accessKeyId: LONG.slice(0, 128), bucket: LONG };
  const rule = `${LONG}: ${LONG}`;
  const place = { ruleFile: `/etc/${LONG}.json`, ruleLine: 1 };
  const denials = [denialOf({ ...named, key: LONG, rule, ...place, versionId: LONG })];
  const endpoint = `https://${LONG}.example.org:7480`;
  const failures = [failureOf({ ...named, key: LONG, rule, endpoint, storeRequestId: LONG })];
  const source = { state: "lost", keys: 0, ageMs: 1, failure: LONG } as const;
  return statusOf({
    version: `0.1.0-${LONG}`,
    notReady: LONG,
    activity: activityOf(() => ({ denials: { "explicit-deny": 123_456_789 } }), denials, failures),
    config: configState({ refusedMs: NOON, refusedFor: [LONG, rule], refusedCount: 1_234_567 }),
    endpoints: [{ origin: endpoint, up: false, requestsInFlight: 1_234_567 }],
    issuers: [{ name: LONG, url: endpoint, ...source }],
    identities: [{ kind: LONG, endpoint, state: "refused", keys: 1_234_567 }],
    proved: { file: `/etc/${LONG}`, atMs: NOON, holding: 1_234, undecided: 5_678 },
    processes: [...processes, ...processes],
  });
}

const ACCOUNTS = `accounts:
  - name: lab
    keys: [{ accessKey: AKIDLAB, secretKey: "5501234567" }]
    subusers:
      - { name: reader, tier: READ, keys: [{ accessKey: AKIDREADER, secretKey: "5501234567" }] }
`;

/**
 * Returns the services of an admin port for a gateway with `status`; it explains by its own
 * configuration.
 */
export function administeredOf(status = statusOf()): Administered {
  const snapshot = compileSnapshot(goodConfig({ "accounts.yaml": ACCOUNTS }), 1);
  return {
    metrics: () => Promise.resolve(""),
    notReady: () => Promise.resolve(undefined),
    status: () => Promise.resolve(status),
    explain: (question) => explain(snapshot, question, Date.now(), undefined),
    dropIdentities: () => Promise.resolve(),
  };
}

/** Returns the URL of an admin port that serves `status`. */
export async function servedStatus(t: TestContext, status: Status): Promise<string> {
  const admin = await openAdmin(administeredOf(status), {
    admin: { address: { host: "127.0.0.1", port: 0 }, hosts: [] },
  });
  t.after(() => admin.close());
  return `http://${admin.address}`;
}
