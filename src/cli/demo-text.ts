import { newKeyPair } from "./keygen.ts";

/** gateway.yaml of the demo; ports and the store's address change from start to start. */
export const DEMO_GATEWAY = `# The demo's configuration: change it, then start the demo again.
listen: { address: "\${env:S3WARDEN_DEMO_ADDRESS}" }
admin: { address: "\${env:S3WARDEN_DEMO_ADMIN}" }
upstream: { endpoints: ["\${env:S3WARDEN_DEMO_STORE}"] }
identities: [{ accounts: accounts.yaml }]
policy:
  signatures: [v4, v2]
log: { level: warn, audit: { file: audit.jsonl } }
`;

/** accounts.yaml of the demo, with new keys. */
export function demoAccounts(): string {
  return `# Three users of one account. The demo's store knows no keys of its own.
accounts:
  - name: lab
    upstream: { accessKey: demo, secretKey: demodemo }
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

/** What the demo tells on start. `keys`: by user. */
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
  metrics   http://${bound.adminAddress}/metrics
  files     ${dir}: gateway.yaml, accounts.yaml, audit.jsonl, objects/

  user         access key             secret key
${rows.join("\n")}

  lab may do everything, lab:reader only reads, lab:backup reads and writes
  but can remove neither a version nor a bucket.

Try in another terminal (aws, s3cmd, rclone and any SDK work alike):

${tryAs("lab", keys)}  aws --endpoint-url http://${bound.address} s3 mb s3://photos
  aws --endpoint-url http://${bound.address} s3 cp README.md s3://photos/
  aws --endpoint-url http://${bound.address} s3 ls s3://photos

and then what a reader may not:

${tryAs("lab:reader", keys)}  aws --endpoint-url http://${bound.address} s3 cp s3://photos/README.md -
  aws --endpoint-url http://${bound.address} s3 rm s3://photos/README.md

Ctrl-C ends it.
`;
}

function tryAs(user: string, keys: ReadonlyMap<string, Pair>): string {
  const pair = keys.get(user);
  if (pair === undefined) return "";
  const { accessKey, secretKey } = pair;
  return `  export AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=${accessKey} AWS_SECRET_ACCESS_KEY=${secretKey}\n`;
}
