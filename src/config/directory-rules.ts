import type { Problem } from "../lib/problem.ts";
import type { ConfigDocument } from "./document.ts";
import { problemAt } from "./placed.ts";

/**
 * Checks that the settings of directories asked over HTTP fit together, and fit the other sources.
 */
export function directoryProblems(gateway: ConfigDocument): readonly Problem[] {
  return [...gateway.nodes.keys()].flatMap((path) =>
    /^identities\[\d+\]\.http$/.test(path)
      ? [...twoTokens(gateway, path), ...withoutTls(gateway, path), ...besideCeph(gateway, path)]
      : [],
  );
}

function twoTokens(gateway: ConfigDocument, path: string): readonly Problem[] {
  if (!gateway.nodes.has(`${path}.token`) || !gateway.nodes.has(`${path}.tokenFile`)) return [];
  const message = "The directory has two tokens, token and tokenFile";
  return [problemAt(gateway, `${path}.tokenFile`, { message, remedy: "Remove one of them" })];
}

function withoutTls(gateway: ConfigDocument, path: string): readonly Problem[] {
  const url = gateway.nodes.get(`${path}.url`)?.value;
  if (typeof url !== "string" || !url.startsWith("http:")) return [];
  return ["caFile", "clientCertificate"]
    .filter((name) => gateway.nodes.has(`${path}.${name}`))
    .map((name) => {
      const message = "The setting has no effect: the url does not use https";
      const remedy = "Write an https:// url, or remove it";
      return problemAt(gateway, `${path}.${name}`, { message, remedy });
    });
}

/**
 * Refuses a directory beside Ceph: nobody knows the names of Ceph's users before they come, so none
 * could be kept from a directory.
 */
function besideCeph(gateway: ConfigDocument, path: string): readonly Problem[] {
  const ceph = [...gateway.nodes.keys()].find((one) => /^identities\[\d+\]\.ceph$/.test(one));
  const listed = gateway.nodes.has(`${path}.accounts`);
  const isAll = [...gateway.nodes].some(
    ([below, { value }]) => below.startsWith(`${path}.accounts[`) && value === "*",
  );
  if (ceph === undefined || (listed && !isAll)) return [];
  const message = `The directory could give keys for the accounts of ${ceph}`;
  const remedy = "List in accounts the names that it may give keys for, such as team-*";
  return [problemAt(gateway, `${path}.accounts`, { message, remedy })];
}
