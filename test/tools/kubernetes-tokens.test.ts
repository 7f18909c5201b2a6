/**
 * A real Kubernetes API server as an issuer: its own tokens and keys, and a gateway that believes it as
 * docs/kubernetes.md says. test/flow/kubernetes-tokens.test.ts has the same with tokens of our own.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { AssumeRoleWithWebIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { parse } from "yaml";
import { runDoctor } from "../../src/cli/doctor.ts";
import { startRecordingStore } from "../stores/recording.ts";
import { writeConfig } from "../support/config-files.ts";
import { at, listAt, textAt } from "../support/deploy.ts";
import { startFlow, UPSTREAM, type Flow } from "../support/flow.ts";
import type { Section } from "../support/in-process.ts";
import { skipUnless } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import { STS } from "../support/sessions.ts";
import { ran } from "../support/terminal.ts";
import { blocks, pageOf } from "../unit/docs/page.ts";
import { KUBERNETES, startKubernetes, type KubernetesServer } from "./kubernetes-server.ts";

const [VALUES = "", , JOB = ""] = blocks(pageOf("kubernetes.md"), "yaml");
const page: unknown = parse(VALUES);
const [ROLE = ""] = /arn:aws:iam:[\w:/]+/.exec(JOB) ?? [];
const [, AUDIENCE = ""] = /audience: (\w+)/.exec(JOB) ?? [];
const LAB = {
  name: "lab",
  upstream: UPSTREAM,
  roles: listAt(page, "accounts/0/roles"),
};

/** An entry of `issuers`, and the files that it names. */
type Believed = { readonly issuer: Section; readonly files: Readonly<Record<string, string>> };

/** Returns the text that kubectl wrote; throws if it fails. */
async function written({ kubectl }: KubernetesServer, ...args: readonly string[]): Promise<string> {
  const { status, output, errors } = await kubectl(args);
  assert.equal(status, 0, errors);
  return output.toString().trim();
}

/** The two ways of docs/kubernetes.md to the cluster's keys: a file, and the API server itself. */
async function issuersOf(
  server: KubernetesServer,
): Promise<
  Readonly<Record<"file" | "server", { issuer: Section; files: Record<string, string> }>>
> {
  const discovered: unknown = JSON.parse(
    await written(server, "get", "--raw", "/.well-known/openid-configuration"),
  );
  const { jwks: _jwks, ...rest } = sectionAt(page, "gateway/issuers/0");
  const issuer = { ...rest, url: textAt(discovered, "issuer") };
  assert.equal(issuer.url, at(page, "gateway/issuers/0/url"));
  const keys = await written(server, "get", "--raw", "/openid/v1/jwks");
  const token = join(scratchFolder("token"), "token");
  writeFileSync(token, await written(server, "create", "token", "default"));
  const asking = { keysUrl: `${server.url}/openid/v1/jwks`, caFile: "ca.crt", tokenFile: token };
  return {
    file: {
      issuer: { ...issuer, jwks: "cluster-keys.json" },
      files: { "cluster-keys.json": keys },
    },
    server: {
      issuer: { ...issuer, ...asking },
      files: { "ca.crt": readFileSync(server.caFile, "utf8") },
    },
  };
}

function sectionAt(tree: unknown, path: string): Section {
  const found = at(tree, path);
  if (typeof found === "object" && found !== null) return { ...found };
  throw new Error(`Expected a section at ${path}`);
}

/** Exchanges `token` for keys of the role and reads an object with them; gives the status or the error's name. */
async function read({ gateway }: Flow, token: string): Promise<string> {
  const endpoint = `http://${gateway.address}`;
  const sts = new STSClient({ endpoint, region: "us-east-1", maxAttempts: 1 });
  try {
    const asked = { RoleArn: ROLE, RoleSessionName: "nightly", WebIdentityToken: token };
    const { Credentials } = await sts.send(new AssumeRoleWithWebIdentityCommand(asked));
    const s3 = new S3Client({
      endpoint,
      region: "us-east-1",
      forcePathStyle: true,
      credentials: {
        accessKeyId: Credentials?.AccessKeyId ?? "",
        secretAccessKey: Credentials?.SecretAccessKey ?? "",
        sessionToken: Credentials?.SessionToken ?? "",
      },
    });
    const { $metadata } = await s3.send(new GetObjectCommand({ Bucket: "photos", Key: "cat.jpg" }));
    s3.destroy();
    return String($metadata.httpStatusCode);
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  } finally {
    sts.destroy();
  }
}

async function gatewayFor(t: TestContext, { issuer, files }: Believed): Promise<Flow> {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  return startFlow(t, store.endpoint, { accounts: [LAB], issuers: [issuer], files, sts: STS });
}

test(
  "tokens of a real Kubernetes API server open the role of docs/kubernetes.md",
  { skip: skipUnless(KUBERNETES) },
  async (t) => {
    const server = await startKubernetes(t);
    await written(server, "create", "namespace", "reporting");
    for (const [namespace, name] of [
      ["reporting", "nightly"],
      ["reporting", "other"],
      ["default", "nightly"],
      ["default", "default"],
    ] as const) {
      await written(server, "create", "serviceaccount", name, `--namespace=${namespace}`);
    }
    const tokenOf = (namespace: string, name: string, audience = AUDIENCE): Promise<string> =>
      written(
        server,
        "create",
        "token",
        name,
        `--namespace=${namespace}`,
        `--audience=${audience}`,
        "--duration=1h",
      );
    const issuers = await issuersOf(server);

    for (const [name, way] of Object.entries(issuers)) {
      await t.test(`keys from the ${name}: the pod's token alone opens the role`, async (t) => {
        const flow = await gatewayFor(t, way);
        assert.equal(await read(flow, await tokenOf("reporting", "nightly")), "200");
        assert.equal(await read(flow, await tokenOf("reporting", "other")), "AccessDenied");
        assert.equal(await read(flow, await tokenOf("default", "nightly")), "AccessDenied");
        const forServer = await tokenOf("reporting", "nightly", textAt(way.issuer, "url"));
        assert.equal(await read(flow, forServer), "InvalidIdentityTokenException");
      });
    }
    await t.test("keys of another cluster open nothing", async (t) => {
      const another = await startKubernetes(t);
      const { issuer } = issuers.file;
      const keys = await written(another, "get", "--raw", "/openid/v1/jwks");
      const flow = await gatewayFor(t, { issuer, files: { "cluster-keys.json": keys } });
      const token = await tokenOf("reporting", "nightly");
      assert.equal(await read(flow, token), "InvalidIdentityTokenException");
    });
    await t.test("doctor asks the API server for its keys", async () => {
      const { issuer, files } = issuers.server;
      const found = async (more: Section): Promise<string> => {
        const config = writeConfig({
          accounts: [LAB],
          issuers: [{ ...issuer, ...more }],
          files,
          sts: STS,
        });
        return (await ran((terminal) => runDoctor({ config }, terminal))).out;
      };
      assert.match(await found({}), /ok +issuer cluster/);
      assert.match(await found({ keysUrl: `${server.url}/nowhere` }), /problem +issuer cluster/);
    });
  },
);
