import { xmlElement } from "../s3/xml.ts";
import type { Session } from "../session/session.ts";
import type { StsFault } from "./sts-fault.ts";

/** The XML of STS's query protocol ("Making requests using the Query API", STS API Reference). */
const NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";

/** An answer to `action`; `result`: elements of its own, as XML. */
function resultDocument(action: string, result: string, requestId: string): string {
  const metadata = `<ResponseMetadata>${xmlElement("RequestId", requestId)}</ResponseMetadata>`;
  return `<${action}Response xmlns="${NAMESPACE}"><${action}Result>${result}</${action}Result>${metadata}</${action}Response>`;
}

/** A refusal. */
export function stsErrorDocument({ code, status, message }: StsFault, requestId: string): string {
  const type = status >= 500 ? "Receiver" : "Sender";
  const error =
    xmlElement("Type", type) + xmlElement("Code", code) + xmlElement("Message", message);
  return `<ErrorResponse xmlns="${NAMESPACE}"><Error>${error}</Error>${xmlElement("RequestId", requestId)}</ErrorResponse>`;
}

/** The caller. */
export type CallerIdentity = {
  readonly arn: string;
  readonly userId: string;
  readonly account: string;
};

export function identityDocument(
  { arn, userId, account }: CallerIdentity,
  requestId: string,
): string {
  const result =
    xmlElement("Arn", arn) + xmlElement("UserId", userId) + xmlElement("Account", account);
  return resultDocument("GetCallerIdentity", result, requestId);
}

/** A session that has begun, as its owner reads it. */
export type BegunSession = {
  readonly session: Pick<Session, "accessKeyId" | "secret" | "expiresMs">;
  /** The sealed session token. */
  readonly token: string;
};

export function sessionDocument(begun: BegunSession, requestId: string): string {
  return resultDocument("GetSessionToken", credentials(begun), requestId);
}

/** The parts that AssumeRole adds to the credentials. */
export type AssumedRole = {
  /** The ARN of the session. */
  readonly arn: string;
  readonly roleId: string;
  /** The part of a session's space that policy and tags take, in per cent. */
  readonly packedPolicySize: number | undefined;
  readonly sourceIdentity: string | undefined;
  /** The identity of the token, for AssumeRoleWithWebIdentity only. */
  readonly web:
    | { readonly provider: string; readonly audience: string; readonly subject: string }
    | undefined;
};

export function assumedDocument(begun: BegunSession, role: AssumedRole, requestId: string): string {
  const { arn, roleId, packedPolicySize, sourceIdentity, web } = role;
  let result = credentials(begun);
  result += `<AssumedRoleUser>${xmlElement("Arn", arn)}${xmlElement("AssumedRoleId", roleId)}</AssumedRoleUser>`;
  if (packedPolicySize !== undefined)
    result += xmlElement("PackedPolicySize", `${packedPolicySize}`);
  if (sourceIdentity !== undefined) result += xmlElement("SourceIdentity", sourceIdentity);
  if (web === undefined) return resultDocument("AssumeRole", result, requestId);
  result += xmlElement("SubjectFromWebIdentityToken", web.subject);
  result += xmlElement("Provider", web.provider) + xmlElement("Audience", web.audience);
  return resultDocument("AssumeRoleWithWebIdentity", result, requestId);
}

function credentials({ session, token }: BegunSession): string {
  const { accessKeyId, secret, expiresMs } = session;
  const expiration = new Date(expiresMs).toISOString().replace(".000Z", "Z");
  return `<Credentials>${xmlElement("AccessKeyId", accessKeyId)}${xmlElement("SecretAccessKey", secret)}${xmlElement("SessionToken", token)}${xmlElement("Expiration", expiration)}</Credentials>`;
}
