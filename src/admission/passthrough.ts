import type { Route } from "./route.ts";
import type { RequestHead } from "../http/head.ts";
import { firstValue } from "../http/headers.ts";
import { fitOf } from "../http/route-path.ts";
import { networkDecision, type NetworkRule } from "../policy/network.ts";
import { isNamingHost } from "../s3/address.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { bearsCredential } from "../signature/claim.ts";
import type { Denial } from "./facts.ts";
import type { Snapshot } from "./snapshot.ts";

/** The result for a request on a route. */
export type Passage =
  | { readonly kind: "pass"; readonly route: Route }
  /** `location`: a path of the same host. */
  | { readonly kind: "redirect"; readonly location: string }
  /** The route refuses it. `toS3`: it comes from an S3 client, which reads S3's errors. */
  | {
      readonly kind: "refuse";
      readonly fault: Fault;
      readonly denial: Denial | undefined;
      readonly toS3: boolean;
    };

/**
 * Returns the passage of `head` if it is for a route; `undefined` if it is S3. Only the address
 * counts, in the gateway's networks and the route's own, whatever policy.mode is: the application
 * there has a login of its own. A request with a credential of S3 never passes, so that no route
 * leads to a store.
 */
export function passageOf(
  { routes, hosts, policy }: Pick<Snapshot, "routes" | "hosts" | "policy">,
  head: RequestHead,
): Passage | undefined {
  const { path, raw } = head.target;
  for (const route of routes) {
    const fit = fitOf(path, route.path);
    if (fit === "outside") continue;
    const toS3 = bearsCredential(head);
    // A signed request may have been sent to a host that a proxy in front has changed.
    const others = toS3 ? (head.forwardedHosts ?? []) : [];
    const sentTo = [firstValue(head.headers, "host") ?? "", ...others];
    if (sentTo.some((host) => isNamingHost(host, hosts))) return undefined;
    const denial =
      networkDenial(policy.networks, head, "policy") ??
      networkDenial(route.networks, head, route.name);
    if (denial !== undefined) return { kind: "refuse", fault: FOREIGN, denial, toS3 };
    if (toS3) return { kind: "refuse", fault: notS3(route), denial, toS3 };
    if (fit === "doubtful") return { kind: "refuse", fault: DOUBTFUL, denial, toS3 };
    if (fit === "bare") return { kind: "redirect", location: route.path + raw.slice(path.length) };
    return { kind: "pass", route };
  }
  return undefined;
}

/** The request target for the route's own, as sent but perhaps for the route's path. */
export function passedTarget({ path, stripPath }: Route, { target }: RequestHead): string {
  return stripPath ? target.raw.slice(path.length - 1) : target.raw;
}

/** Returns the denial by networks. `whose`: the place of the list in the configuration. */
function networkDenial(
  networks: NetworkRule,
  { sourceAddress }: RequestHead,
  whose: string,
): Denial | undefined {
  const decision = networkDecision(networks, sourceAddress);
  if (decision === "allowed") return undefined;
  return { gate: "networks", rule: `${whose}.networks: ${decision}`, place: undefined };
}

const FOREIGN = fault("AccessDenied", "Your IP address is not allowed on this path");
const DOUBTFUL = fault("InvalidURI", "The path has dot segments or bytes that may not stand in it");

function notS3({ path }: Route): Fault {
  return fault("InvalidBucketName", `Paths below ${path} are not S3 on this gateway`);
}
