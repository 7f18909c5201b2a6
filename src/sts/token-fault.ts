/** Why a token identifies nobody. */
export type TokenFault = {
  /** Codes of STS ("AssumeRoleWithWebIdentity", Errors), and Throttling of all of AWS. */
  readonly code:
    | "InvalidIdentityToken"
    | "ExpiredTokenException"
    | "IDPCommunicationError"
    | "Throttling";
  /** For the client: which check failed, and nothing of the token. */
  readonly message: string;
  /** For the operator only. */
  readonly rule: string;
};

export function tokenFault(code: TokenFault["code"], message: string, rule: string): TokenFault {
  return { code, message, rule };
}
