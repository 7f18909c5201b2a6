import aws4 from "aws4";
import type { Snapshot } from "../../../src/admission/snapshot.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";
import type { RequestHead } from "../../../src/http/head.ts";
import { parseTarget } from "../../../src/http/target.ts";
import { goodConfig } from "../../support/config.ts";
import { decided, type Decided, type Told } from "../../support/decided.ts";
import type { KeyPair } from "../../support/signed.ts";

export const NOW = Date.parse("2026-11-22T12:00:00Z");
const AMZ_NOW = "20261122T120000Z";

/** The access keys of the world below; each one's secret is `secret-` and the name of its user. */
export const KEYS = {
  lab: "AKIDLAB0000000000000",
  reader: "AKIDREADER0000000000",
  writer: "AKIDWRITER0000000000",
  disabled: "AKIDDISABLED00000000",
  expired: "AKIDEXPIRED000000000",
  future: "AKIDFUTURE0000000000",
  session: "AKIDSESSION000000000",
  office: "AKIDOFFICE0000000000",
  own: "AKIDOWN0000000000000",
} as const;

type User = keyof typeof KEYS;

const ACCOUNTS = `accounts:
  - name: lab
    upstream: { accessKey: STOREKEY000000000000, secretKey: the-stores-secret }
    blockedActions: ["s3:PutBucketPolicy"]
    keys:
      - { accessKey: ${KEYS.lab}, secretKey: secret-lab }
      - { accessKey: ${KEYS.disabled}, secretKey: secret-disabled, disabled: true }
      - { accessKey: ${KEYS.expired}, secretKey: secret-expired, expires: 2026-11-22T12:00:00Z }
      - { accessKey: ${KEYS.future}, secretKey: secret-future, notBefore: 2026-11-22T12:00:01Z }
      - { accessKey: ${KEYS.session}, secretKey: secret-session, sessionToken: the-token }
    subusers:
      - name: reader
        tier: READ
        keys: [{ accessKey: ${KEYS.reader}, secretKey: secret-reader }]
      - name: writer
        tier: READWRITE
        blockedActions: ["s3:DeleteObjectVersion"]
        keys: [{ accessKey: ${KEYS.writer}, secretKey: secret-writer }]
      - name: office
        tier: FULL
        networks: { allow: [198.51.100.0/24] }
        keys: [{ accessKey: ${KEYS.office}, secretKey: secret-office }]
  - name: own
    keys: [{ accessKey: ${KEYS.own}, secretKey: secret-own }]
`;

/** A snapshot of a gateway.yaml with `policy` (YAML in braces) and `upstream` options added. */
export function world(policy = "{}", upstream = "", store = "ceph"): Snapshot {
  const gateway = `upstream: { endpoints: ["http://store:7480"], store: ${store}${upstream} }
identities: [{ accounts: accounts.yaml }]
listen: { domains: [s3.example.org] }
policy: ${policy}
`;
  return compileSnapshot(goodConfig({ "gateway.yaml": gateway, "accounts.yaml": ACCOUNTS }), 1);
}

export type Ask = {
  readonly as?: User | KeyPair;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly from?: string;
  /** Changes the head after it was signed. */
  readonly tamper?: (head: RequestHead) => RequestHead;
};

/** A head signed by aws4, an independent signer; without `as` it is not signed at all. */
function head(line: string, ask: Ask = {}): RequestHead {
  const [method = "", target = ""] = line.split(" ");
  const parsed = parseTarget(target);
  if (!parsed.ok) throw new Error(parsed.error);
  const host = ask.headers?.["host"] ?? "gateway.example.org";
  const unsigned = {
    ...ask.headers,
    host,
    ...(ask.body === undefined ? {} : { "content-length": String(Buffer.byteLength(ask.body)) }),
  };
  const headers =
    ask.as === undefined ? unsigned : signed(method, target, ask.as, unsigned, ask.body);
  const made: RequestHead = {
    method,
    target: parsed.value,
    headers: Object.entries(headers).flatMap(([name, value]) => [name.toLowerCase(), value]),
    sourceAddress: ask.from ?? "192.0.2.1",
    secure: false,
  };
  return ask.tamper === undefined ? made : ask.tamper(made);
}

function signed(
  method: string,
  path: string,
  as: User | KeyPair,
  headers: Readonly<Record<string, string>>,
  body: string | undefined,
): Record<string, string> {
  const request = {
    service: "s3",
    region: "us-east-1",
    method,
    path,
    ...(body === undefined ? {} : { body }),
    headers: { ...headers, "X-Amz-Date": AMZ_NOW },
  };
  const { accessKey, secretKey } = typeof as === "string" ? keyOf(as) : as;
  const result = aws4.sign(request, { accessKeyId: accessKey, secretAccessKey: secretKey });
  return Object.fromEntries(
    Object.entries(result.headers ?? {}).map(([name, value]) => [name, String(value)]),
  );
}

function keyOf(user: User): KeyPair {
  return { accessKey: KEYS[user], secretKey: `secret-${user}` };
}

/** What becomes of such a request if the decision is told what it asks for. */
export function judge(snapshot: Snapshot, line: string, ask: Ask = {}, told: Told = {}): Decided {
  return decided(snapshot, head(line, ask), NOW, told);
}
