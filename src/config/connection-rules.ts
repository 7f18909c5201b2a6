import type { Problem } from "../lib/problem.ts";
import { parseNetwork } from "../policy/network.ts";
import { wholeFamilies } from "../policy/network-cover.ts";
import type { ConfigDocument } from "./document.ts";
import { problemAt } from "./placed.ts";

/** Checks that the settings of client and store connections fit together. */
export function connectionProblems(gateway: ConfigDocument): readonly Problem[] {
  return [
    ...proxyProtocolWithoutProxies(gateway),
    ...incompleteCertificate(gateway),
    ...clientCertificatesWithoutCa(gateway),
    ...ineffectiveStoreTls(gateway),
    ...ineffectiveSyslogTls(gateway),
  ];
}

/** Returns the connection settings that are legal, but hardly meant. */
export function connectionWarnings(gateway: ConfigDocument): readonly Problem[] {
  const trusted = valuesBelow(gateway, "listen.trustedProxies").flatMap((text) => {
    const network = parseNetwork(text);
    return network.ok ? [network.value] : [];
  });
  return wholeFamilies(trusted).map((family) => {
    const message = `Every ${family} address is trusted, so any client can forge its address`;
    const remedy = "Name only the proxies in front of this gateway";
    return problemAt(gateway, "listen.trustedProxies", { message, remedy });
  });
}

/** A PROXY header says who the client is: it must not be believed from just anybody. */
function proxyProtocolWithoutProxies(gateway: ConfigDocument): readonly Problem[] {
  const path = "listen.proxyProtocol";
  if (gateway.nodes.get(path)?.value !== true) return [];
  if (gateway.nodes.has("listen.trustedProxies[0]")) return [];
  const message = "No proxy is trusted to send a PROXY header";
  const remedy = "Name the proxies in listen.trustedProxies";
  return [problemAt(gateway, path, { message, remedy })];
}

/** `cert` and `key` need each other, or a list of such pairs in their place. */
function incompleteCertificate(gateway: ConfigDocument): readonly Problem[] {
  const path = "listen.tls";
  const { nodes } = gateway;
  if (!nodes.has(path) || nodes.get(path)?.value !== undefined) return [];
  const names = ["cert", "key"];
  const missing = names.filter((name) => !nodes.has(`${path}.${name}`));
  if (missing.length === names.length && nodes.has(`${path}.certificates[0]`)) return [];
  return missing.map((name) => {
    const complaint = { message: `Missing key "${name}"`, remedy: "Add it" };
    return problemAt(gateway, `${path}.${name}`, complaint);
  });
}

/**
 * Refuses client certificates without an authority: no certificate of a client could be told from
 * another.
 */
function clientCertificatesWithoutCa(gateway: ConfigDocument): readonly Problem[] {
  const path = "listen.tls.clientCertificates";
  if (!gateway.nodes.has(path) || gateway.nodes.has("listen.tls.clientCaFile")) return [];
  const message = "clientCertificates needs listen.tls.clientCaFile";
  return [problemAt(gateway, path, { message, remedy: "Add listen.tls.clientCaFile" })];
}

/** Reports settings that only work over TLS, if no endpoint uses it. */
function ineffectiveStoreTls(gateway: ConfigDocument): readonly Problem[] {
  const endpoints = valuesBelow(gateway, "upstream.endpoints");
  if (endpoints.length === 0 || endpoints.some((text) => text.startsWith("https:"))) return [];
  return ["upstream.serverName", "upstream.clientCertificate"]
    .filter((path) => gateway.nodes.has(path))
    .map((path) => {
      const message = "The setting has no effect: no endpoint uses https";
      const remedy = "Write https:// in upstream.endpoints, or remove it";
      return problemAt(gateway, path, { message, remedy });
    });
}

/** Reports settings of the audit log's collector that only work over TLS. */
function ineffectiveSyslogTls(gateway: ConfigDocument): readonly Problem[] {
  const path = "log.audit.syslog";
  const address = gateway.nodes.get(`${path}.address`)?.value;
  if (typeof address !== "string" || address.startsWith("tls:")) return [];
  return ["caFile", "clientCertificate"]
    .filter((name) => gateway.nodes.has(`${path}.${name}`))
    .map((name) => {
      const message = "The setting has no effect: the address does not begin with tls:";
      const remedy = "Write a tls: address, or remove it";
      return problemAt(gateway, `${path}.${name}`, { message, remedy });
    });
}

/** The texts in the list at `path`. */
function valuesBelow({ nodes }: ConfigDocument, path: string): readonly string[] {
  return [...nodes].flatMap(([below, { value }]) =>
    below.startsWith(`${path}[`) && typeof value === "string" ? [value] : [],
  );
}
