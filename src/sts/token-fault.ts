/** The reason why a token identifies nobody. */
export type TokenFault = {
  /** Codes of STS ("AssumeRoleWithWebIdentity", Errors), and Throttling of all of AWS. */
  readonly code:
    | "InvalidIdentityToken"
    | "ExpiredTokenException"
    | "IDPCommunicationError"
    | "Throttling";
  /** The failed check, for the client: nothing of the token is in it. */
  readonly message: string;
  /** The rule, for the operator only. */
  readonly rule: string;
};

export function tokenFault(code: TokenFault["code"], message: string, rule: string): TokenFault {
  return { code, message, rule };
}
