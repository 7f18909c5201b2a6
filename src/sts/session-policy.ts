import { err, ok, type Result } from "../lib/result.ts";
import type { Provider } from "../provider/provider.ts";
import { parseProviderPolicy } from "../provider/policy.ts";
import { stsFault, type StsFault } from "./sts-fault.ts";

/**
 * The session policy of a request as it is sealed: proved to be one that will be evaluated, and without
 * the space between its tokens. Error: MalformedPolicyDocument, with the first thing that is wrong.
 */
export function readSessionPolicy(provider: Provider, text: string): Result<string, StsFault> {
  const policy = parseProviderPolicy(provider, text, "session policy", "identity", {
    problemsMax: 1,
  });
  if (policy.ok) return ok(withoutSpace(text));
  const [problem] = policy.error;
  return err(stsFault("MalformedPolicyDocument", problem?.message ?? "The policy cannot be read"));
}

/** `json` without white space outside of its texts. */
function withoutSpace(json: string): string {
  return json.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_, text: string | undefined) => text ?? "");
}
