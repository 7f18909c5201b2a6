import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import * as sts from "@aws-sdk/client-sts";
import { runLogin, type LoginOptions } from "../../src/cli/login.ts";
import { sendJson, startIssuer } from "../support/issuer.ts";
import { startOidcProvider } from "../support/oidc-provider.ts";
import { freePorts } from "../support/ports.ts";
import { answerForms } from "../support/person.ts";
import { scratchFolder } from "../support/scratch.ts";
import { sessionIn, startSts } from "../support/sts.ts";
import { ran, type Ran } from "../support/terminal.ts";
import { makeKey, publicJwk, tokenOf } from "../support/tokens.ts";

const KEY = makeKey("2026-11", "RS256", "rsa");
const REFUSED = { code: 1, out: "" };

/** A gateway that believes `issuer`, and a person's machine. */
async function startLogin(t: TestContext, issuer: string, roles = "reader"): Promise<Machine> {
  const role = { name: roles, tier: "READ", trust: { issuer: "idp", subject: "ada" } };
  const issuers = [{ name: "idp", url: issuer, audiences: ["s3warden"] }];
  const { gateway } = await startSts(t, [role], { issuers });
  const folder = scratchFolder("login");
  const endpoint = `http://${gateway.address}`;
  const options = {
    role: "lab:reader",
    endpoint,
    clientId: "s3warden",
    scope: "openid",
    sessionName: "ada",
    config: join(folder, "gateway.yaml"),
  };
  const env = { XDG_CACHE_HOME: join(folder, "cache") };
  return {
    folder,
    endpoint,
    cache: join(folder, "cache", "s3warden"),
    login: (more) => ran((terminal) => runLogin({ ...options, ...more }, terminal, env)),
    begin: (more, hear) => {
      const terminal = { stdout: () => undefined, stderr: hear };
      return runLogin({ ...options, ...more }, terminal, env);
    },
  };
}

type Machine = {
  readonly folder: string;
  readonly endpoint: string;
  readonly cache: string;
  readonly login: (more: Partial<LoginOptions>) => Promise<Ran<number>>;
  /** The same, with what it says while it waits. */
  readonly begin: (more: Partial<LoginOptions>, hear: (text: string) => void) => Promise<number>;
};

/** Logs in as `person`, who confirms the code in a browser as soon as it is shown. */
async function logIn(machine: Machine, issuer: string, person: string): Promise<string> {
  let page: Promise<string> | undefined;
  const code = await machine.begin({ issuer }, (text) => {
    const [, url] = /open (\S+) and confirm the code \S+\n$/.exec(text) ?? [];
    assert.ok(url !== undefined, text);
    page = answerForms(url, { login: person, password: "any" });
  });
  assert.match((await page) ?? "", /Sign-in Success/);
  return `${code}`;
}

test("a person logs in by the device flow, once for the whole session", async (t) => {
  const { url } = await startOidcProvider(t, [KEY], "s3");
  const machine = await startLogin(t, url);
  assert.equal(await logIn(machine, url, "ada"), "0");
  // Nobody is asked anything any more.
  const { code, out, err } = await machine.login({ issuer: url });
  assert.deepEqual({ code, err }, { code: 0, err: "" });
  const said: unknown = JSON.parse(out);
  const key = keyIn(said);
  assert.deepEqual(Object.keys(key).toSorted(), FIELDS);
  const session = sessionIn(key.SessionToken);
  assert.deepEqual(session?.federated, { issuer: "idp", subject: "ada" });
  assert.deepEqual(session?.holder, { kind: "role", role: "reader", session: "ada" });
  const client = new sts.STSClient({
    endpoint: machine.endpoint,
    region: "us-east-1",
    credentials: {
      accessKeyId: key.AccessKeyId,
      secretAccessKey: key.SecretAccessKey,
      sessionToken: key.SessionToken,
    },
  });
  const { Arn } = await client.send(new sts.GetCallerIdentityCommand());
  assert.equal(Arn, "arn:aws:sts::lab:assumed-role/reader/ada");
});

const FIELDS = ["AccessKeyId", "Expiration", "SecretAccessKey", "SessionToken", "Version"];

type Key = {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
  readonly Expiration: string;
  readonly Version: number;
};

function keyIn(said: unknown): Key {
  assert.ok(typeof said === "object" && said !== null);
  const value = (name: string): unknown => Object.getOwnPropertyDescriptor(said, name)?.value;
  return {
    AccessKeyId: String(value("AccessKeyId")),
    SecretAccessKey: String(value("SecretAccessKey")),
    SessionToken: String(value("SessionToken")),
    Expiration: String(value("Expiration")),
    Version: Number(value("Version")),
  };
}

test("a person whom the role does not trust reads that, and nothing is kept", async (t) => {
  const { url } = await startOidcProvider(t, [KEY], "s3");
  const machine = await startLogin(t, url);
  let said = "";
  const code = await machine.begin({ issuer: url }, (text) => {
    said += text;
    const [, page] = /open (\S+) and/.exec(text) ?? [];
    if (page !== undefined) void answerForms(page, { login: "eve", password: "any" });
  });
  assert.equal(code, 1);
  assert.match(said, /Cannot log in: STS refuses it: AccessDenied, /);
  assert.throws(() => readdirSync(machine.cache), { code: "ENOENT" });
});

/** A machine that has a token of its own issuer in a file. */
async function withTokenFile(t: TestContext): Promise<Machine & { readonly file: string }> {
  const issuer = await startIssuer(t, [publicJwk(KEY)]);
  const machine = await startLogin(t, issuer.url);
  const seconds = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer.url, sub: "ada", aud: "s3warden", iat: seconds };
  const file = join(machine.folder, "token");
  writeFileSync(file, `${tokenOf(KEY, { ...claims, exp: seconds + 600 })}\n`);
  return { ...machine, file };
}

test("a token in a file needs no login; the session is kept for its owner alone", async (t) => {
  const { login, file: tokenFile, cache } = await withTokenFile(t);
  const first = await login({ tokenFile, duration: "15m" });
  assert.deepEqual({ code: first.code, err: first.err }, { code: 0, err: "" });
  const [name = "", ...others] = readdirSync(cache);
  assert.deepEqual(others, []);
  assert.equal(statSync(join(cache, name)).mode & 0o777, 0o600);
  assert.equal(statSync(cache).mode & 0o777, 0o700);
  const lasts = Date.parse(keyIn(JSON.parse(first.out)).Expiration) - Date.now();
  assert.ok(lasts > 14 * 60_000 && lasts <= 15 * 60_000, `${lasts}`);
  const again = await login({ tokenFile, duration: "15m" });
  assert.equal(again.out, first.out);
  const longer = await login({ tokenFile, duration: "20m" });
  assert.notEqual(longer.out, first.out);
});

test("a session that ends within a minute is begun anew, and so is what is no session", async (t) => {
  const { login, file: tokenFile, cache } = await withTokenFile(t);
  const first = await login({ tokenFile });
  const kept = join(cache, readdirSync(cache)[0] ?? "");
  const whole: unknown = JSON.parse(readFileSync(kept, "utf8"));
  const soon = new Date(Date.now() + 59_000).toISOString();
  for (const text of [JSON.stringify({ ...Object(whole), expiration: soon }), "{", "[]", ""]) {
    writeFileSync(kept, text);
    const again = await login({ tokenFile });
    assert.equal(again.code, 0);
    const ids = [again, first].map(({ out }) => keyIn(JSON.parse(out)).AccessKeyId);
    assert.notEqual(ids[0], ids[1]);
  }
});

test("a session that cannot be kept is printed all the same", async (t) => {
  const { login, file: tokenFile, folder } = await withTokenFile(t);
  writeFileSync(join(folder, "cache"), "no folder");
  const { code, out, err } = await login({ tokenFile });
  assert.equal(code, 0);
  assert.match(out, /"Version":1/);
  assert.match(err, /^The session is not kept for the next time: /);
});

test("an issuer of the configuration is known by its name", async (t) => {
  const { url } = await startOidcProvider(t, [KEY], "s3");
  const machine = await startLogin(t, url);
  const config = {
    upstream: { endpoints: ["http://127.0.0.1:9"], store: "ceph" },
    identities: [{ accounts: "accounts.yaml" }],
    issuers: [{ name: "idp", url, audiences: ["s3warden"] }],
  };
  writeFileSync(join(machine.folder, "gateway.yaml"), JSON.stringify(config));
  writeFileSync(join(machine.folder, "accounts.yaml"), "accounts: []\n");
  assert.equal(await logIn(machine, "idp", "ada"), "0");
  const { code, err } = await machine.login({ issuer: "idb" });
  assert.equal(code, 2);
  assert.match(err, /has no issuer "idb"; known: idp/);
});

test("invalid options are reported, with what is allowed", async (t) => {
  const machine = await startLogin(t, "https://idp.example.org");
  const token = join(machine.folder, "token");
  const wrong: readonly (readonly [Partial<LoginOptions>, RegExp])[] = [
    [{}, /give --issuer or --token-file$/m],
    [{ issuer: "https://idp.example.org", tokenFile: token }, /, and not both$/m],
    [{ issuer: "http://idp.example.org" }, /--issuer: got .*expected https:\/\//],
    [{ issuer: "idp" }, /--issuer: "idp" is no URL, and .*gateway.yaml is no good configuration/],
    [{ tokenFile: token, endpoint: "http://s3.example.org" }, /--endpoint: got/],
    [{ tokenFile: token, endpoint: "s3.example.org" }, /--endpoint: got/],
    [{ tokenFile: token, role: "reader" }, /--role: got "reader", expected account:role/],
    [{ tokenFile: token, role: "a:b:c" }, /--role: got/],
    [{ tokenFile: token, sessionName: "a b" }, /--session-name: got "a b"/],
    [{ tokenFile: token, duration: "soon" }, /--duration: Expected a duration/],
    [{ tokenFile: token, duration: "30h" }, /--duration: got "30h", expected 15m to 12h$/m],
    [{ tokenFile: token, duration: "899s" }, /--duration: got "899s", expected 15m to 12h$/m],
  ];
  for (const [options, message] of wrong) {
    const { code, out, err } = await machine.login(options);
    assert.deepEqual({ code, out }, { code: 2, out: "" });
    assert.match(err, message);
  }
});

test("without an endpoint, the variables of the AWS SDKs name it", async (t) => {
  const { file: tokenFile, endpoint, folder } = await withTokenFile(t);
  const options = { role: "arn:aws:iam::lab:role/reader", tokenFile };
  const rest = { clientId: "s3warden", scope: "openid", config: "gateway.yaml" };
  const own = (env: Readonly<Record<string, string>>): Promise<Ran<number>> =>
    ran((terminal) => runLogin({ ...options, ...rest }, terminal, { HOME: folder, ...env }));
  assert.equal((await own({ AWS_ENDPOINT_URL_STS: endpoint })).code, 0);
  assert.equal((await own({ AWS_ENDPOINT_URL: endpoint })).code, 0);
  const { code, err } = await own({});
  assert.equal(code, 2);
  assert.match(err, /say where the gateway is/);
});

test("a failure on the way is reported, and no token with it", async (t) => {
  const { login, file, folder } = await withTokenFile(t);
  const missing = join(folder, "missing");
  const empty = join(folder, "empty");
  const bad = join(folder, "bad");
  writeFileSync(empty, "\n");
  writeFileSync(bad, "no.token.atall");
  mkdirSync(join(folder, "cache"));
  const [port = 0] = await freePorts(1);
  const gone = `http://127.0.0.1:${port}`;
  const cases: readonly (readonly [Partial<LoginOptions>, RegExp])[] = [
    [{ tokenFile: missing }, /--token-file: ENOENT/],
    [{ tokenFile: empty }, /--token-file: .* is empty/],
    [{ tokenFile: bad }, /STS refuses it: InvalidIdentityToken, /],
    [{ tokenFile: file, role: "lab:writer" }, /STS refuses it: AccessDenied, /],
    [{ tokenFile: file, duration: "12h" }, /STS refuses it: ValidationError, /],
    [{ tokenFile: file, endpoint: gone }, /127\.0\.0\.1:\d+ cannot be asked: .*ECONNREFUSED/],
    [{ issuer: gone }, /the issuer cannot be asked: .*ECONNREFUSED/],
  ];
  for (const [options, message] of cases) {
    const { code, out, err } = await login(options);
    assert.deepEqual({ code, out }, REFUSED, err);
    assert.match(err, message);
    assert.ok(!err.includes("no.token.atall"));
  }
});

test("an issuer without a device flow, for another name, or with an error is reported as such", async (t) => {
  const issuer = await startIssuer(t, []);
  const { login } = await startLogin(t, issuer.url);
  const document = {
    issuer: issuer.url,
    token_endpoint: `${issuer.url}/token`,
    device_authorization_endpoint: `${issuer.url}/device`,
  };
  const asked = async (discovery: unknown, device: unknown, status = 200): Promise<string> => {
    issuer.answer = (request, response) => {
      const isDevice = request.url === "/device";
      if (isDevice) response.statusCode = status;
      sendJson(response, isDevice ? device : discovery);
    };
    const { code, out, err } = await login({ issuer: issuer.url });
    assert.deepEqual({ code, out }, REFUSED);
    return err;
  };
  const { device_authorization_endpoint: _, ...without } = document;
  assert.match(await asked(without, {}), /has no device flow: use --token-file/);
  const other = { ...document, issuer: "https://other.example.org" };
  assert.match(await asked(other, {}), /the issuer cannot be asked: /);
  const unknown = { error: "invalid_client" };
  assert.match(await asked(document, unknown, 401), /does not know this client/);
  assert.match(await asked(document, { error: "invalid_scope" }, 400), /refuses the scopes/);
  const odd = { error: "server_error", error_description: "out of order" };
  assert.match(await asked(document, odd, 400), /the issuer says server_error: out of order/);
  assert.match(await asked(document, { hello: 1 }), /the issuer cannot be asked: /);
  const code = {
    device_code: "d",
    user_code: "ABCD",
    verification_uri: `${issuer.url}/open`,
    expires_in: 1,
    interval: 30,
  };
  assert.match(await asked(document, code), /nobody confirmed the code in time/);
});

test("an endpoint that is not STS yields no key", async (t) => {
  const other = await startIssuer(t, []);
  const { login, file: tokenFile, endpoint } = await withTokenFile(t);
  for (const text of ["<html>", "{}", "<a><b/></a>", `<a>${"<b>".repeat(20)}</a>`]) {
    other.answer = (_, response) => void response.end(text);
    const { code, out, err } = await login({ tokenFile, endpoint: other.url });
    assert.deepEqual({ code, out }, REFUSED);
    assert.match(err, /and not as STS does|gave no credentials/);
  }
  other.answer = (_, response) => {
    response.writeHead(307, { location: `${endpoint}/` }).end();
  };
  const { code, out, err } = await login({ tokenFile, endpoint: other.url });
  assert.deepEqual({ code, out }, REFUSED);
  assert.match(err, /cannot be asked/);
});

test("an answer of STS without an end is not read to its end", async (t) => {
  const other = await startIssuer(t, []);
  const { login, file: tokenFile } = await withTokenFile(t);
  other.answer = (_, response) => {
    const more = (): void => void response.write("<a/>".repeat(4_096), () => setImmediate(more));
    more();
  };
  const { code, out, err } = await login({ tokenFile, endpoint: other.url });
  assert.deepEqual({ code, out }, REFUSED);
  assert.match(err, /and not as STS does/);
});
