/** Tests the example in front of an LDAP server: a real slapd with its own people and groups. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import * as s3 from "@aws-sdk/client-s3";
import { Attribute, Change, Client } from "ldapts";
import { startRecordingStore } from "../stores/recording.ts";
import { DEPLOY } from "../support/deploy.ts";
import { startExample } from "../support/directory-example.ts";
import { startFlow, until, type Flow } from "../support/flow.ts";
import { freePorts } from "../support/ports.ts";
import { codeOf, type RawAnswer } from "../support/raw-client.ts";
import { skipUnless } from "../support/requirement.ts";
import { clientOf } from "../support/s3-client.ts";
import { scratchFolder } from "../support/scratch.ts";
import type { KeyPair } from "../support/signed.ts";
import { debianProgram, succeeds } from "./programs.ts";

const BASE = "dc=example,dc=org";
const ROOT_DN = `cn=admin,${BASE}`;
const BIND_DN = `cn=s3warden,${BASE}`;
const PASSWORD = "of-the-directory";
const BOB: KeyPair = { accessKey: "AKIABOB", secretKey: "theSecretOfBob" };
const EVE: KeyPair = { accessKey: "AKIAEVE", secretKey: "theSecretOfEve" };
const LAB = { name: "lab", upstream: { accessKey: "LABSTORE", secretKey: "of-the-lab" } };

const CONF = (folder: string): string => `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include ${DEPLOY}examples/identities/s3warden.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${folder}/slapd.pid
access to attrs=s3SecretKey by dn.exact="${BIND_DN}" read by self write by * none
access to attrs=userPassword by anonymous auth by * none
access to * by users read by anonymous auth
database mdb
suffix "${BASE}"
rootdn "${ROOT_DN}"
rootpw ${PASSWORD}
directory ${folder}/data
index s3AccessKey eq
`;

const person = (uid: string, { accessKey, secretKey }: KeyPair): string => `
dn: uid=${uid},${BASE}
objectClass: inetOrgPerson
objectClass: s3Key
uid: ${uid}
cn: ${uid}
sn: ${uid}
userPassword: of-${uid}
s3AccessKey: ${accessKey}
s3SecretKey: ${secretKey}
`;

const PEOPLE = `dn: ${BASE}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ${BIND_DN}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: s3warden
userPassword: ${PASSWORD}
${person("bob", BOB)}${person("eve", EVE)}
dn: cn=s3-readers,${BASE}
objectClass: groupOfNames
cn: s3-readers
member: uid=bob,${BASE}
`;

/** Starts a slapd that ends with the test; returns its URL. */
async function startLdap(t: TestContext): Promise<string> {
  const folder = scratchFolder("slapd");
  mkdirSync(join(folder, "data"));
  const conf = join(folder, "slapd.conf");
  const ldif = join(folder, "people.ldif");
  writeFileSync(conf, CONF(folder));
  writeFileSync(ldif, PEOPLE);
  await succeeds("slapadd", ["-f", conf, "-l", ldif]);
  const [port = 0] = await freePorts(1);
  const url = `ldap://127.0.0.1:${port}`;
  // With any level of debugging, even none, it stays in the foreground.
  const child = spawn("/usr/sbin/slapd", ["-f", conf, "-h", url, "-d", "0"], { stdio: "inherit" });
  t.after(() => child.kill("SIGKILL"));
  await until(async () => {
    assert.equal(child.exitCode, null, "slapd has ended");
    return isThere(url);
  });
  return url;
}

async function isThere(url: string): Promise<boolean> {
  const client = new Client({ url, connectTimeout: 1_000 });
  try {
    await client.bind(BIND_DN, PASSWORD);
    return true;
  } catch {
    return false;
  } finally {
    await client.unbind();
  }
}

/** Changes an entry as the administrator of the server. */
async function modify(url: string, dn: string, attribute: Attribute): Promise<void> {
  const client = new Client({ url });
  await client.bind(ROOT_DN, PASSWORD);
  await client.modify(dn, new Change({ operation: "replace", modification: attribute }));
  await client.unbind();
}

async function begin(t: TestContext): Promise<{ readonly flow: Flow; readonly ldap: string }> {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const ldap = await startLdap(t);
  const source = await startExample(t, "ldap.ts", {
    LDAP_URL: ldap,
    LDAP_BIND_DN: BIND_DN,
    LDAP_PASSWORD: PASSWORD,
    LDAP_BASE: BASE,
    ACCOUNT: "lab",
  });
  const directories = [{ ...source, accounts: ["lab"], cache: "1s", stale: "0s" }];
  return { flow: await startFlow(t, store.endpoint, { accounts: [LAB], directories }), ldap };
}

const send = (flow: Flow, method: "GET" | "PUT", key: KeyPair): Promise<RawAnswer> =>
  flow.exchange(method, "/bucket/key", { key, ...(method === "PUT" && { body: "x" }) });

const DN_BOB = `uid=bob,${BASE}`;
const SLAPD = { skip: skipUnless([debianProgram("slapd", "slapd")]) };

describe("the example in front of LDAP", SLAPD, () => {
  test("people of LDAP have their groups' tier: a reader reads, and a person in no group has no rights", async (t) => {
    const { flow } = await begin(t);
    assert.equal((await send(flow, "GET", BOB)).status, 200);
    assert.equal(codeOf(await send(flow, "PUT", BOB)), "AccessDenied");
    assert.equal(codeOf(await send(flow, "GET", EVE)), "AccessDenied");
    const [record] = await flow.gateway.records(3);
    assert.deepEqual([record?.["account"], record?.["subuser"]], ["lab", "bob"]);
    const client = clientOf(`http://${flow.gateway.address}`, BOB);
    t.after(() => client.destroy());
    await client.send(new s3.HeadObjectCommand({ Bucket: "bucket", Key: "key" }));
  });

  test("a secret that is changed in LDAP is in force after the cache, and so is s3Disabled", async (t) => {
    const { flow, ldap } = await begin(t);
    assert.equal((await send(flow, "GET", BOB)).status, 200);
    const next = { ...BOB, secretKey: "theNextOfBob" };
    const values = [next.secretKey];
    await modify(ldap, DN_BOB, new Attribute({ type: "s3SecretKey", values }));
    await until(async () => (await send(flow, "GET", next)).status === 200);
    assert.equal(codeOf(await send(flow, "GET", BOB)), "SignatureDoesNotMatch");
    await modify(ldap, DN_BOB, new Attribute({ type: "s3Disabled", values: ["TRUE"] }));
    await until(async () => (await send(flow, "GET", next)).status === 403);
  });

  test("a person who joins a group in LDAP gets its tier, and one who leaves it loses it", async (t) => {
    const { flow, ldap } = await begin(t);
    assert.equal(codeOf(await send(flow, "PUT", BOB)), "AccessDenied");
    const group = `cn=s3-readers,${BASE}`;
    await modify(ldap, group, new Attribute({ type: "member", values: [`uid=eve,${BASE}`] }));
    await until(async () => (await send(flow, "GET", EVE)).status === 200);
    await until(async () => codeOf(await send(flow, "GET", BOB)) === "AccessDenied");
  });

  test("no access key changes the filter: stars, brackets and another case match nobody", async (t) => {
    const { flow } = await begin(t);
    for (const accessKey of ["*", "AKIA*", "akiabob", ")(uid=bob", "AKIABOB)(uid=*", "\\2a"]) {
      const answer = await send(flow, "GET", { ...BOB, accessKey });
      assert.equal(codeOf(answer), "InvalidAccessKeyId", accessKey);
    }
  });

  test("an LDAP server that is down is like a directory that is down", async (t) => {
    const store = await startRecordingStore();
    t.after(() => store.stop());
    const source = await startExample(t, "ldap.ts", {
      LDAP_URL: "ldap://127.0.0.1:9",
      LDAP_BIND_DN: BIND_DN,
      LDAP_PASSWORD: PASSWORD,
      LDAP_BASE: BASE,
      ACCOUNT: "lab",
    });
    const directories = [{ ...source, accounts: ["lab"] }];
    const flow = await startFlow(t, store.endpoint, { accounts: [LAB], directories });
    assert.equal(codeOf(await send(flow, "GET", BOB)), "SlowDown");
  });

  test("only the directory can read other people's secrets in LDAP", async (t) => {
    const ldap = await startLdap(t);
    const client = new Client({ url: ldap });
    t.after(() => client.unbind());
    await client.bind(`uid=eve,${BASE}`, "of-eve");
    const { searchEntries } = await client.search(DN_BOB, { filter: "(s3AccessKey=AKIABOB)" });
    assert.equal(searchEntries[0]?.["s3AccessKey"], "AKIABOB");
    assert.equal(searchEntries[0]?.["s3SecretKey"], undefined);
  });
});
