/** A key pair as the store or a client knows it. */
export type Credential = { readonly accessKeyId: string; readonly secret: string };
