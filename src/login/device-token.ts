import {
  allowInsecureRequests,
  ClientError,
  discovery,
  initiateDeviceAuthorization,
  None,
  pollDeviceAuthorizationGrant,
  ResponseBodyError,
} from "openid-client";
import { err, ok, type Result } from "../lib/result.ts";
import { messageOf } from "../lib/words.ts";

/** The issuer that a person logs in to, and the program that asks. */
export type DeviceLogin = {
  /** The issuer's name, as its tokens have it. */
  readonly issuer: string;
  readonly clientId: string;
  /** Scopes, separated by spaces; `openid` is one of them. */
  readonly scope: string;
};

/** The task of a person: open a page, and see this code there. */
export type DeviceCode = { readonly url: string; readonly code: string };

/** The longest time of one answer of the issuer. */
const ANSWER_SECONDS_MAX = 10;
/** The longest time that a person has, whatever the issuer says. */
const PERSON_MS_MAX = 15 * 60_000;

/**
 * Logs a person in by the device flow (RFC 8628) and returns the ID token. `show`: tells the person what
 * to do. The error says what went wrong, and quotes no token.
 */
export async function tokenByDevice(
  { issuer, clientId, scope }: DeviceLogin,
  show: (code: DeviceCode) => void,
): Promise<Result<string, string>> {
  try {
    const execute = issuer.startsWith("http:") ? [allowInsecureRequests] : [];
    const options = { execute, timeout: ANSWER_SECONDS_MAX };
    const server = await discovery(new URL(issuer), clientId, undefined, None(), options);
    if (server.serverMetadata().device_authorization_endpoint === undefined) {
      return err("the issuer has no device flow: use --token-file");
    }
    const asked = await initiateDeviceAuthorization(server, { scope });
    const { user_code: code, verification_uri, verification_uri_complete, expires_in } = asked;
    show({ url: verification_uri_complete ?? verification_uri, code });
    const signal = AbortSignal.timeout(Math.min(expires_in * 1_000, PERSON_MS_MAX));
    const answer = await pollDeviceAuthorizationGrant(server, asked, undefined, { signal });
    return answer.id_token === undefined
      ? err("the issuer gave no ID token: is openid among the scopes?")
      : ok(answer.id_token);
  } catch (error) {
    return err(reasonOf(error));
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ResponseBodyError) return REASONS.get(error.error) ?? saidBy(error);
  const cause = error instanceof Error ? error.cause : undefined;
  if (error instanceof ClientError && cause instanceof ResponseBodyError) return reasonOf(cause);
  if (isTimeout(error) || isTimeout(cause)) return TOO_LATE;
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  return `the issuer cannot be asked: ${messageOf(error)}${why}`;
}

const TOO_LATE = "nobody confirmed the code in time";

/** Errors of the device flow (RFC 8628 section 3.5) and of clients (RFC 6749 section 5.2). */
const REASONS: ReadonlyMap<string, string> = new Map([
  ["access_denied", "the login was refused"],
  ["expired_token", TOO_LATE],
  ["invalid_client", "the issuer does not know this client: check --client-id"],
  ["unauthorized_client", "the issuer does not let this client use the device flow"],
  ["invalid_scope", "the issuer refuses the scopes: check --scope"],
]);

function saidBy({ error, error_description: text }: ResponseBodyError): string {
  return `the issuer says ${error}${text === undefined ? "" : `: ${text}`}`;
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError");
}
