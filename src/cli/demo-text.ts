import { join } from "node:path";
import { DEMO_OPERATIONS } from "../demo/demo-store.ts";
import { newKeyPair } from "./keygen.ts";
import { programName } from "./program-name.ts";

/** The end of the sentence about a changed file, used in two places. */
const CHANGED = "is in force by itself, in 2 s; addresses, state and log only at the next start";

/** gateway.yaml of the demo; what changes from start to start stands in files of its own. */
export const DEMO_GATEWAY = `# The demo's configuration. What you change ${CHANGED}.
listen: { address: "\${file:addresses/listen}" }
admin: { address: "\${file:addresses/admin}" }
upstream:
  endpoints: ["\${file:addresses/store}"]
  # A small store of its own. It refuses whatever else S3 has, so that nothing is taken for another thing.
  store: generic
  operations:
    - ${DEMO_OPERATIONS.join("\n    - ")}
identities: [{ accounts: accounts.yaml }]
policy:
  signatures: [v4, v2]
  bucketPolicies: gateway
  anonymous: policy
state: { directory: state }
log: { level: warn, audit: { file: audit.jsonl } }
`;

/** Returns the demo's accounts.yaml, with new keys. */
export function demoAccounts(): string {
  return `# Three users of one account. The demo's store knows no keys of its own.
accounts:
  - name: lab
    upstream: { accessKey: demo, secretKey: the-store-asks-for-no-secret }
    keys: [${key()}]
    subusers:
      - name: reader
        tier: READ
        keys: [${key()}]
      - name: backup
        tier: READWRITE
        blockedActions: ["s3:DeleteObjectVersion", "s3:DeleteBucket"]
        keys: [${key()}]
`;
}

function key(): string {
  const { accessKey, secretKey } = newKeyPair();
  return `{ accessKey: ${accessKey}, secretKey: "${secretKey}" }`;
}

type Pair = { readonly accessKey: string; readonly secretKey: string };

/** Returns the text that the demo prints on start. `keys`: by user. */
export function demoWelcome(
  dir: string,
  bound: { readonly address: string; readonly adminAddress: string },
  keys: ReadonlyMap<string, Pair>,
): string {
  const rows = [...keys].map(
    ([user, { accessKey, secretKey }]) =>
      `  ${user.padEnd(12)} ${accessKey.padEnd(22)} ${secretKey}`,
  );
  return `s3warden demo: the gateway in front of an embedded store

  endpoint  http://${bound.address}
  status    http://${bound.adminAddress}/
  metrics   http://${bound.adminAddress}/metrics
  files     ${dir}: gateway.yaml, accounts.yaml, audit.jsonl, objects/, state/, addresses/

  user         access key             secret key
${rows.join("\n")}

  lab may do everything, lab:reader only reads, lab:backup reads and writes
  but can remove neither a version nor a bucket.

Try in another terminal (aws, s3cmd, rclone and any SDK work alike):

${tryAs("lab", keys)}  aws --endpoint-url http://${bound.address} s3 mb s3://photos
  aws --endpoint-url http://${bound.address} s3 cp README.md s3://photos/
  aws --endpoint-url http://${bound.address} s3 ls s3://photos

share it with everybody, by a policy that the gateway keeps:

  aws --endpoint-url http://${bound.address} s3api put-bucket-policy --bucket photos --policy '${PUBLIC}'
  curl http://${bound.address}/photos/README.md

and then what a reader may not:

${tryAs("lab:reader", keys)}  aws --endpoint-url http://${bound.address} s3 cp s3://photos/README.md -
  aws --endpoint-url http://${bound.address} s3 rm s3://photos/README.md

or ask which rule says so:

  ${programName()} explain --config ${join(dir, "gateway.yaml")} --as lab:reader --request 'DELETE /photos/README.md'

What you change in ${dir} ${CHANGED}.
Ctrl-C ends it.
`;
}

const PUBLIC = JSON.stringify({
  Version: "2012-10-17",
  Statement: {
    Effect: "Allow",
    Principal: "*",
    Action: "s3:GetObject",
    Resource: "arn:aws:s3:::photos/*",
  },
});

function tryAs(user: string, keys: ReadonlyMap<string, Pair>): string {
  const pair = keys.get(user);
  if (pair === undefined) return "";
  const { accessKey, secretKey } = pair;
  return `  export AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=${accessKey} AWS_SECRET_ACCESS_KEY=${secretKey}\n`;
}
