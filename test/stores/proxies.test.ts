import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { after, describe, test, type TestContext } from "node:test";
import { endAll, startProgram } from "../bench/support/child.ts";
import { startFlow, OWNER, type Flow } from "../support/flow.ts";
import { freePorts } from "../support/ports.ts";
import { findProgram } from "../support/program.ts";
import { skipUnless } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import {
  edited,
  presignV4,
  signV4,
  timestampOf,
  type Header,
  type Outgoing,
} from "../support/signed.ts";
import { startRecordingStore, type RecordingStore } from "./recording.ts";

/** The page whose configurations are run here by the real programs. */
const PAGE = readFileSync(new URL("../../docs/proxies.md", import.meta.url), "utf8");
const blocks = (language: string): readonly string[] =>
  [...PAGE.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, name, text = ""]) =>
    name === language ? [text] : [],
  );
const [NGINX = ""] = blocks("nginx");
const [HAPROXY_TCP = "", HAPROXY_HTTP = ""] = blocks("haproxy");

const NEEDS = ["haproxy", "nginx"].map((name) => ({
  name,
  present: findProgram(name) !== undefined,
  install: `apt-get install -y --no-install-recommends ${name === "nginx" ? "nginx-light" : name}`,
}));

/**
 * The address of an allowed client. Linux has all of 127.0.0.0/8 on loopback, so a client can
 * choose its address. The proxies use the first.
 */
const ALLOWED = "127.0.0.2";
const STRANGER = "127.0.0.3";
const HOST = "s3.example.org";

type Proxy = {
  readonly name: string;
  readonly program: "haproxy" | "nginx";
  readonly config: string;
  readonly proxyProtocol: boolean;
};

const PROXIES: readonly Proxy[] = [
  { name: "nginx", program: "nginx", config: NGINX, proxyProtocol: false },
  {
    name: "nginx that writes a Host of its own",
    program: "nginx",
    config: changed(NGINX, "proxy_set_header Host $http_host;", "proxy_set_header Host internal;"),
    proxyProtocol: false,
  },
  { name: "HAProxy, HTTP", program: "haproxy", config: HAPROXY_HTTP, proxyProtocol: false },
  { name: "HAProxy, send-proxy-v2", program: "haproxy", config: HAPROXY_TCP, proxyProtocol: true },
  {
    name: "HAProxy, send-proxy",
    program: "haproxy",
    config: changed(HAPROXY_TCP, "send-proxy-v2", "send-proxy"),
    proxyProtocol: true,
  },
];

function changed(text: string, from: string, to: string): string {
  assert.ok(text.includes(from), `docs/proxies.md has ${from}`);
  return text.replace(from, to);
}

/** Starts the page's configuration with free ports in place of its own. */
async function startProxy({ program, config }: Proxy, gateway: string): Promise<number> {
  const [port = 0] = await freePorts(1);
  const folder = scratchFolder("proxy");
  const file = join(folder, "proxy.conf");
  const listening = program === "nginx" ? `listen 127.0.0.1:${port};` : `bind 127.0.0.1:${port}`;
  const own = changed(config, program === "nginx" ? "listen 80;" : "bind :80", listening);
  const text = changed(own, "127.0.0.1:8080", gateway);
  writeFileSync(file, program === "nginx" ? nginxAround(text, folder) : text);
  const args = program === "nginx" ? ["-p", folder, "-c", file] : ["-db", "-f", file];
  await startProgram(findProgram(program) ?? program, args, port);
  return port;
}

/** Returns the nginx.conf of a Debian system, with nothing outside of `folder`. */
function nginxAround(server: string, folder: string): string {
  const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `  ${name}_temp_path ${folder}/${name};`)
    .join("\n");
  return `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 256; }
http {
${folders}
  access_log off;
${server}}
`;
}

type Site = { readonly flow: Flow; readonly store: RecordingStore; readonly port: number };

async function startSite(t: TestContext, proxy: Proxy): Promise<Site> {
  const store = await startRecordingStore();
  t.after(() => store.stop());
  const { proxyProtocol } = proxy;
  const flow = await startFlow(t, store.endpoint, {
    listen: { domains: [HOST], trustedProxies: ["127.0.0.1"], proxyProtocol },
    policy: { networks: { allow: [ALLOWED] } },
  });
  return { flow, store, port: await startProxy(proxy, flow.gateway.address) };
}

type Reply = { readonly status: number; readonly body: string };

/** Sends a request through the proxy from `from`, as it was signed. */
async function send(
  { port }: Site,
  { method, target, headers, body }: Outgoing,
  from = ALLOWED,
  more: readonly Header[] = [],
): Promise<Reply> {
  const outgoing = httpRequest({
    host: "127.0.0.1",
    port,
    localAddress: from,
    method,
    path: target,
    headers: [...headers, ...more].flat(),
    agent: false,
  });
  outgoing.end(body);
  const [incoming] = await once(outgoing, "response");
  return { status: incoming.statusCode, body: (await buffer(incoming)).toString() };
}

const scope = () => ({ timestamp: timestampOf(Date.now()) });
function made(
  method: string,
  target: string,
  host = HOST,
  body = "",
  more: Header[] = [],
): Outgoing {
  const headers: Header[] = [["host", host], ...more];
  if (body !== "") headers.push(["content-length", `${body.length}`]);
  return { method, target, headers, body: Buffer.from(body) };
}
const signed = (...request: Parameters<typeof made>): Outgoing =>
  signV4(made(...request), OWNER, scope());

describe("docs/proxies.md", { skip: skipUnless(NEEDS) }, () => {
  after(endAll);
  for (const proxy of PROXIES) {
    test(`behind ${proxy.name} the client's address counts, and no header of its own`, async (t) => {
      const site = await startSite(t, proxy);
      assert.equal((await send(site, signed("GET", "/photos/cat"))).status, 200);
      const lies: readonly (readonly Header[])[] = [
        [],
        [["x-forwarded-for", ALLOWED]],
        [["forwarded", `for=${ALLOWED}`]],
        [
          ["x-forwarded-for", `${ALLOWED}, 127.0.0.1`],
          ["forwarded", `for=${ALLOWED}, for=127.0.0.1`],
          ["x-real-ip", ALLOWED],
        ],
      ];
      for (const lie of lies) {
        const refused = await send(site, signed("GET", "/photos/cat"), STRANGER, lie);
        assert.equal(refused.status, 403, JSON.stringify(lie));
        assert.match(refused.body, /The source address is not in this gateway's allowed networks/);
      }
      assert.equal(site.store.requests.length, 1);
      const records = await site.flow.gateway.records(1 + lies.length);
      assert.deepEqual(
        records.map((record) => record["sourceAddress"]),
        [ALLOWED, ...lies.map(() => STRANGER)],
      );
    });

    test(`behind ${proxy.name} requests arrive as clients signed them`, async (t) => {
      const site = await startSite(t, proxy);
      const target = "/photos/a%2Fb//c%20d+e/../%C3%A9?versionId=null";
      const virtual = `photos.${HOST}`;
      const body = "x".repeat(1_000_000);
      const metadata: Header[] = [
        ["x-amz-meta-with_underscore", "a"],
        ["accept-encoding", "identity"],
        ["content-type", "text/plain"],
      ];
      const requests: readonly Outgoing[] = [
        signed("GET", target),
        signed("GET", "/a//b", virtual),
        signed("PUT", "/photos/large", HOST, body, metadata),
        presignV4(made("GET", "/photos/cat"), OWNER, scope()),
        presignV4(made("GET", "/cat", virtual), OWNER, scope()),
      ];
      for (const request of requests) {
        const { status, body: text } = await send(site, request);
        assert.equal(status, 200, `${request.method} ${request.target}: ${text}`);
      }
      const urls = site.store.requests.map(({ url }) => url);
      assert.deepEqual(urls, [
        "/photos/a/b//c%20d%2Be/../%C3%A9?versionId=null",
        "/photos/a//b",
        "/photos/large",
        "/photos/cat",
        "/photos/cat",
      ]);
      assert.equal(site.store.requests[2]?.body.length, body.length);
      const moved = edited(signed("GET", "/cat", virtual), "host", () => `secret.${HOST}`);
      const forged = await send(site, moved);
      assert.match(forged.body, /<Code>SignatureDoesNotMatch</);
    });
  }
});
