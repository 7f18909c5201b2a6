/**
 * Runs the npm package http-proxy as most people set it up, with connections kept alive. Run with
 * the store's origin as argument; a process of its own.
 */
import http from "node:http";
import httpProxy from "http-proxy";
import { portOf } from "../../support/ports.ts";

const proxy = httpProxy.createProxyServer({
  target: process.argv[2] ?? "",
  agent: new http.Agent({ keepAlive: true, maxSockets: 256 }),
});
proxy.on("error", (_error, _request, response) => void response.destroy());

const server = http.createServer({ requestTimeout: 0 }, (request, response) => {
  proxy.web(request, response);
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = `127.0.0.1:${portOf(server.address())}`;
  console.log(JSON.stringify({ msg: "listening", address }));
});
