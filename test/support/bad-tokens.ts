import {
  encode,
  hmacToken,
  makeKey,
  publicJwk,
  tokenOf,
  tokenOfTexts,
  type TokenKey,
} from "./tokens.ts";

/** The issuer of the tables below, and a second one. */
export const ISSUER_URL = "https://idp.example.org/realms/lab";
export const OTHER_URL = "https://other.example.org";

export const KEYS = {
  rs256: makeKey("rs256", "RS256", "rsa"),
  rs512: makeKey("rs512", "RS512", "rsa-4096"),
  ps256: makeKey("ps256", "PS256", "rsa"),
  es256: makeKey("es256", "ES256", "P-256"),
  es384: makeKey("es384", "ES384", "P-384"),
  es512: makeKey("es512", "ES512", "P-521"),
  ed: makeKey("ed", "EdDSA", "ed25519"),
};
/** A key of the second issuer. Its name is that of a key of the first issuer. */
const FOREIGN = makeKey("rs256", "RS256", "rsa");
const FOREIGN_OWN = makeKey("foreign", "RS256", "rsa");
/** A key of no issuer. */
const STRANGER = makeKey("rs256", "RS256", "rsa");
const WEAK = makeKey("weak", "RS256", "rsa-1024");
/** A key for encryption only, not for signatures. */
const ENCRYPTS = makeKey("encrypts", "RS256", "rsa");
const WRAPS = makeKey("wraps", "RS256", "rsa");

/** The keys that the two issuers publish. */
export const ISSUER_KEYS: readonly unknown[] = [
  ...Object.values(KEYS).map((key) => publicJwk(key)),
  publicJwk(WEAK),
  publicJwk(ENCRYPTS, { use: "enc" }),
  publicJwk(WRAPS, { key_ops: ["wrapKey"] }),
  { kty: "oct", kid: "shared", k: encode("a secret that the issuer shares"), alg: "HS256" },
];
export const OTHER_KEYS: readonly unknown[] = [publicJwk(FOREIGN), publicJwk(FOREIGN_OWN)];

export type Code = "InvalidIdentityToken" | "ExpiredTokenException";
/** A token that identifies nobody, and the code of its refusal if it is not InvalidIdentityToken. */
export type BadToken = readonly [name: string, token: string, code?: Code];

/**
 * Returns tokens to be judged at `NOW`, in seconds since the epoch, by an issuer whose clock may be
 * 60 s off. `ahead`: the seconds by which tokens are dated in the future; more if the clock goes on
 * meanwhile.
 */
export function tokensAt(NOW: number, ahead = 61) {
  const CLAIMS = {
    iss: ISSUER_URL,
    sub: "user-17",
    aud: "s3",
    exp: NOW + 300,
    iat: NOW - 5,
    nbf: NOW - 5,
    groups: ["physics", "admins"],
    department: "p1",
    "kubernetes.io": { namespace: "team-a" },
  };

  const good: readonly (readonly [name: string, token: string])[] = [
    ...Object.values(KEYS).map((key) => [`signed by ${key.alg}`, tokenOf(key, CLAIMS)] as const),
    ["of typ at+jwt", tokenOf(KEYS.es256, CLAIMS, { typ: "at+jwt" })],
    ["of typ application/jwt", tokenOf(KEYS.es256, CLAIMS, { typ: "application/JWT" })],
    ["without typ", tokenOf(KEYS.es256, CLAIMS, { typ: undefined })],
    [
      "without kid, whose algorithm only one key has",
      tokenOf(KEYS.es384, CLAIMS, { kid: undefined }),
    ],
    ["with aud as a list of one", tokenOf(KEYS.es256, { ...CLAIMS, aud: ["s3"] })],
    ["with our audience among others", tokenOf(KEYS.es256, { ...CLAIMS, aud: ["x", "s3"] })],
    ["with the second audience", tokenOf(KEYS.es256, { ...CLAIMS, aud: "https://s3.example.org" })],
    ["that ended 59 s ago", tokenOf(KEYS.es256, { ...CLAIMS, exp: NOW - 59 })],
    ["that begins in 60 s", tokenOf(KEYS.es256, { ...CLAIMS, nbf: NOW + 60 })],
    ["that was issued in 60 s", tokenOf(KEYS.es256, { ...CLAIMS, iat: NOW + 60 })],
    ["without nbf", tokenOf(KEYS.es256, { ...CLAIMS, nbf: undefined })],
    ["with times of fractions", tokenOf(KEYS.es256, { ...CLAIMS, exp: NOW + 0.5, iat: NOW - 0.5 })],
    [
      "with jku, x5u and jwk, which nobody follows",
      tokenOf(KEYS.es256, CLAIMS, {
        jku: "https://evil.example",
        x5u: "https://evil.example",
        jwk: publicJwk(STRANGER),
      }),
    ],
  ];

  function claimed(name: string, claims: Readonly<Record<string, unknown>>, code?: Code): BadToken {
    const token = tokenOf(KEYS.es256, { ...CLAIMS, ...claims });
    return code === undefined ? [name, token] : [name, token, code];
  }

  function headed(name: string, header: Readonly<Record<string, unknown>>): BadToken {
    return [name, tokenOf(KEYS.es256, CLAIMS, header)];
  }

  /** Returns the claims of a token as a text, with `text` after their first brace. */
  function texts(name: string, claims: string, header = GOOD_HEADER): BadToken {
    return [name, tokenOfTexts(KEYS.es256, header, claims)];
  }

  const GOOD_HEADER = JSON.stringify({ alg: "ES256", kid: "es256" });
  const GOOD_CLAIMS = JSON.stringify(CLAIMS);
  const withMember = (text: string): string => `{${text},${GOOD_CLAIMS.slice(1)}`;
  const GOOD = tokenOf(KEYS.es256, CLAIMS);
  const [HEADER = "", BODY = "", SIGNATURE = ""] = GOOD.split(".");
  const PEM = KEYS.rs256.publicKey.export({ format: "pem", type: "spki" });
  const DER = KEYS.rs256.publicKey.export({ format: "der", type: "spki" });
  const flipped = (text: string, at: number): string =>
    text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
  const signedAs = (key: TokenKey, alg: string): string =>
    tokenOfTexts(key, JSON.stringify({ alg, kid: key.kid }), GOOD_CLAIMS);

  const bad: readonly BadToken[] = [
    // The form.
    ["that is empty", ""],
    ["of one part", HEADER],
    ["of two parts", `${HEADER}.${BODY}`],
    ["of four parts", `${GOOD}.${SIGNATURE}`],
    ["of five parts, as an encrypted one has", `${GOOD}.${SIGNATURE}.${SIGNATURE}`],
    ["of dots", ".."],
    ["with a space at the start", ` ${GOOD}`],
    ["with a space at the end", `${GOOD} `],
    ["with a line break at the end", `${GOOD}\n`],
    ["with a line break inside", `${HEADER}.\n${BODY}.${SIGNATURE}`],
    ["with padding", `${HEADER}.${BODY}.${SIGNATURE}=`],
    ["in base64 that is not base64url", `${HEADER}.${BODY}.${SIGNATURE.slice(0, -1)}+`],
    ["with Bearer in front", `Bearer ${GOOD}`],
    ["in quotes", `"${GOOD}"`],
    ["with a NUL byte", `${HEADER}.${BODY}\0.${SIGNATURE}`],
    ["of letters of another script", "тест.тест.тест"],
    ["of 20,001 characters", tokenOf(KEYS.es256, { ...CLAIMS, fill: "x".repeat(20_001) })],
    ["of a megabyte", `${HEADER}.${BODY}.${"A".repeat(1_000_000)}`],
    [
      "as a JWS in JSON",
      JSON.stringify({ protected: HEADER, payload: BODY, signature: SIGNATURE }),
    ],
    ["whose header is no JSON", `${encode("{alg:ES256}")}.${BODY}.${SIGNATURE}`],
    ["whose header is a list", `${encode("[]")}.${BODY}.${SIGNATURE}`],
    ["whose header is null", `${encode("null")}.${BODY}.${SIGNATURE}`],
    ["whose header is a text", `${encode('"ES256"')}.${BODY}.${SIGNATURE}`],
    [
      "whose header is no UTF-8",
      `${Buffer.from([0x7b, 0xff, 0x7d]).toString("base64url")}.${BODY}.${SIGNATURE}`,
    ],
    [
      "whose header has a byte order mark",
      `${encode(`\ufeff${GOOD_HEADER}`)}.${BODY}.${SIGNATURE}`,
    ],
    texts("whose claims are no JSON", "sub=user-17"),
    texts("whose claims are a list", `[${GOOD_CLAIMS}]`),
    texts("whose claims are null", "null"),
    texts("whose claims are two objects", `${GOOD_CLAIMS}${GOOD_CLAIMS}`),
    texts("whose claims end in a comma", `${GOOD_CLAIMS.slice(0, -1)},}`),
    texts("whose claims have a comment", `${GOOD_CLAIMS}//`),
    texts("whose claims have a byte order mark", `\ufeff${GOOD_CLAIMS}`),
    texts(
      "with claims nested a thousand deep",
      withMember(`"x":${"[".repeat(1000)}${"]".repeat(1000)}`),
    ),
    texts("with objects nested 17 deep", withMember(`"x":${'{"x":'.repeat(17)}1${"}".repeat(17)}`)),
    texts("with a lone surrogate", withMember('"x":"\\ud800"')),
    // Repeated names.
    texts("with sub twice", withMember('"sub":"root"')),
    texts("with sub twice, the second escaped", withMember('"\\u0073ub":"root"')),
    texts("with iss twice", withMember(`"iss":"${OTHER_URL}"`)),
    texts("with aud twice", withMember('"aud":"other"')),
    texts("with exp twice", withMember('"exp":9999999999')),
    texts("with nbf twice", withMember('"nbf":1')),
    texts("with a mapped claim twice", withMember('"groups":["root"]')),
    texts("with a name twice below another", withMember('"x":{"y":1,"y":2}')),
    texts("with a name twice in a list", withMember('"x":[{"y":1,"y":2}]')),
    texts("with alg twice", GOOD_CLAIMS, '{"alg":"none","alg":"ES256","kid":"es256"}'),
    texts("with kid twice", GOOD_CLAIMS, '{"kid":"rs256","alg":"ES256","kid":"es256"}'),
    // Algorithms.
    ["that is unsecured", `${encode('{"alg":"none"}')}.${BODY}.`],
    ["that is unsecured but has a signature", `${encode('{"alg":"none"}')}.${BODY}.${SIGNATURE}`],
    ["of alg None", `${encode('{"alg":"None"}')}.${BODY}.${SIGNATURE}`],
    ["of alg NONE", `${encode('{"alg":"NONE"}')}.${BODY}.${SIGNATURE}`],
    [
      "of alg nOnE with a name of a key",
      `${encode('{"alg":"nOnE","kid":"es256"}')}.${BODY}.${SIGNATURE}`,
    ],
    ["without alg", `${encode('{"kid":"es256"}')}.${BODY}.${SIGNATURE}`],
    ["whose alg is null", `${encode('{"alg":null,"kid":"es256"}')}.${BODY}.${SIGNATURE}`],
    ["whose alg is empty", `${encode('{"alg":"","kid":"es256"}')}.${BODY}.${SIGNATURE}`],
    ["whose alg is a number", `${encode('{"alg":256,"kid":"es256"}')}.${BODY}.${SIGNATURE}`],
    ["whose alg is a list", `${encode('{"alg":["ES256"],"kid":"es256"}')}.${BODY}.${SIGNATURE}`],
    [
      "whose alg is __proto__",
      `${encode('{"alg":"__proto__","kid":"es256"}')}.${BODY}.${SIGNATURE}`,
    ],
    ["whose alg is toString", `${encode('{"alg":"toString","kid":"es256"}')}.${BODY}.${SIGNATURE}`],
    ["of alg es256 in small letters", signedAs({ ...KEYS.es256, alg: "ES256" }, "es256")],
    ["of HS256 with the public key in PEM", hmacToken(PEM, CLAIMS, { alg: "HS256", kid: "rs256" })],
    ["of HS256 with the public key in DER", hmacToken(DER, CLAIMS, { alg: "HS256", kid: "rs256" })],
    [
      "of HS256 with the modulus",
      hmacToken(String(publicJwk(KEYS.rs256)["n"]), CLAIMS, { alg: "HS256", kid: "rs256" }),
    ],
    ["of HS256 with an empty secret", hmacToken("", CLAIMS, { alg: "HS256", kid: "rs256" })],
    [
      "of HS256 with the key the issuer shares",
      hmacToken("a secret that the issuer shares", CLAIMS, { alg: "HS256", kid: "shared" }),
    ],
    ["of HS384", hmacToken("x", CLAIMS, { alg: "HS384", kid: "rs256" })],
    ["of HS512", hmacToken("x", CLAIMS, { alg: "HS512", kid: "rs256" })],
    ["of ES256K", signedAs(KEYS.es256, "ES256K")],
    ["of RSA1_5", signedAs(KEYS.rs256, "RSA1_5")],
    ["of RSA-OAEP", signedAs(KEYS.rs256, "RSA-OAEP")],
    ["of dir", signedAs(KEYS.rs256, "dir")],
    ["of A128KW", signedAs(KEYS.rs256, "A128KW")],
    ["of RS256 that says PS256", signedAs(KEYS.rs256, "PS256")],
    ["of PS256 that says RS256", signedAs(KEYS.ps256, "RS256")],
    ["of RS256 that says RS512", signedAs(KEYS.rs256, "RS512")],
    ["of RS256 that says RS384", signedAs(KEYS.rs256, "RS384")],
    ["of ES256 that says ES384", signedAs(KEYS.es256, "ES384")],
    ["of ES384 that says ES256", signedAs(KEYS.es384, "ES256")],
    ["of ES256 that says EdDSA", signedAs(KEYS.es256, "EdDSA")],
    ["of EdDSA that says ES256", signedAs(KEYS.ed, "ES256")],
    ["of EdDSA that says RS256", signedAs(KEYS.ed, "RS256")],
    // Keys.
    ["of a key that nobody has", tokenOf(STRANGER, CLAIMS)],
    ["of a key of another issuer, under a name of ours", tokenOf(FOREIGN, CLAIMS)],
    ["of a key of another issuer, under its own name", tokenOf(FOREIGN_OWN, CLAIMS)],
    [
      "of our key that claims to be another issuer's",
      tokenOf(KEYS.rs256, { ...CLAIMS, iss: OTHER_URL }),
    ],
    ["of a key of 1024 bits, which is not taken", tokenOf(WEAK, CLAIMS)],
    ["of a key that may only encrypt", tokenOf(ENCRYPTS, CLAIMS)],
    ["of a key that may only wrap", tokenOf(WRAPS, CLAIMS)],
    headed("without kid, whose algorithm several keys have", { alg: "RS256", kid: undefined }),
    headed("whose kid is another key's", { kid: "es384" }),
    headed("whose kid is unknown", { kid: "unknown" }),
    headed("whose kid is empty", { kid: "" }),
    headed("whose kid is null", { kid: null }),
    headed("whose kid is a number", { kid: 1 }),
    headed("whose kid is a list", { kid: ["es256"] }),
    headed("whose kid is an object", { kid: { $ne: "" } }),
    headed("whose kid is a path", { kid: "../../../../dev/null" }),
    headed("whose kid is an absolute path", { kid: "/proc/self/environ" }),
    headed("whose kid is a URL", { kid: "https://evil.example/jwks.json" }),
    headed("whose kid is a file URL", { kid: "file:///etc/passwd" }),
    headed("whose kid asks a database", { kid: "es256' UNION SELECT 'key' --" }),
    headed("whose kid is a command", { kid: "es256; sleep 10" }),
    headed("whose kid is __proto__", { kid: "__proto__" }),
    headed("whose kid is constructor", { kid: "constructor" }),
    headed("whose kid has a NUL byte", { kid: "es256\0" }),
    headed("whose kid has a line break", { kid: "es256\n" }),
    headed("whose kid is in other letters", { kid: "ES256" }),
    headed("whose kid has a space behind", { kid: "es256 " }),
    headed("whose kid has 10,000 characters", { kid: "k".repeat(10_000) }),
    ["with its own key as jwk", tokenOf(STRANGER, CLAIMS, { jwk: publicJwk(STRANGER) })],
    [
      "with its own key as jwk and no kid",
      tokenOf(STRANGER, CLAIMS, { jwk: publicJwk(STRANGER), kid: undefined }),
    ],
    [
      "with its own keys at jku",
      tokenOf(STRANGER, CLAIMS, { jku: "https://evil.example/jwks.json", kid: "evil" }),
    ],
    [
      "with its own certificate at x5u",
      tokenOf(STRANGER, CLAIMS, { x5u: "https://evil.example/c.pem", kid: "evil" }),
    ],
    ["with its own certificate as x5c", tokenOf(STRANGER, CLAIMS, { x5c: ["AAAA"] })],
    // Signatures.
    ["with another signature", `${HEADER}.${BODY}.${flipped(SIGNATURE, 4)}`],
    [
      "with other claims",
      `${HEADER}.${encode(JSON.stringify({ ...CLAIMS, sub: "root" }))}.${SIGNATURE}`,
    ],
    [
      "with another header",
      `${encode(JSON.stringify({ alg: "ES256", kid: "es256", x: 1 }))}.${BODY}.${SIGNATURE}`,
    ],
    ["with half its signature", `${HEADER}.${BODY}.${SIGNATURE.slice(0, 43)}`],
    ["with its signature twice", `${HEADER}.${BODY}.${SIGNATURE}${SIGNATURE}`],
    ["with one character as its signature", `${HEADER}.${BODY}.A`],
    ["with zeros as its signature", `${HEADER}.${BODY}.${Buffer.alloc(64).toString("base64url")}`],
    [
      "with the curve's order as its signature",
      `${HEADER}.${BODY}.${Buffer.from("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551".repeat(2), "hex").toString("base64url")}`,
    ],
    [
      "whose signature is in DER",
      `${HEADER}.${BODY}.${Buffer.concat([Buffer.from("3045022100", "hex"), Buffer.alloc(64, 7)]).toString("base64url")}`,
    ],
    // Headers that must be understood, and other kinds of tokens.
    headed("with crit", { crit: ["exp"], exp: NOW + 300 }),
    headed("with an empty crit", { crit: [] }),
    headed("with crit for b64", { crit: ["b64"], b64: true }),
    headed("with a payload that is not encoded", { crit: ["b64"], b64: false }),
    headed("with cty JWT", { cty: "JWT" }),
    texts(
      "within a token",
      JSON.stringify(GOOD),
      JSON.stringify({ alg: "ES256", kid: "es256", cty: "JWT" }),
    ),
    texts("within a token that does not say so", JSON.stringify(GOOD)),
    texts("as a token of which the claims are a token's text", GOOD),
    headed("of typ logout+jwt", { typ: "logout+jwt" }),
    headed("of typ dpop+jwt", { typ: "dpop+jwt" }),
    headed("of typ secevent+jwt", { typ: "secevent+jwt" }),
    headed("of typ JOSE", { typ: "JOSE" }),
    headed("of typ JWE", { typ: "JWE" }),
    headed("whose typ is empty", { typ: "" }),
    headed("whose typ is a list", { typ: ["JWT"] }),
    // Issuers.
    claimed("without iss", { iss: undefined }),
    claimed("whose iss is null", { iss: null }),
    claimed("whose iss is empty", { iss: "" }),
    claimed("whose iss is a list", { iss: [ISSUER_URL] }),
    claimed("whose iss has a slash behind", { iss: `${ISSUER_URL}/` }),
    claimed("whose iss has a space behind", { iss: `${ISSUER_URL} ` }),
    claimed("whose iss is http", { iss: ISSUER_URL.replace("https", "http") }),
    claimed("whose iss has no scheme", { iss: ISSUER_URL.replace("https://", "") }),
    claimed("whose iss is in other letters", { iss: ISSUER_URL.replace("idp", "IDP") }),
    claimed("whose iss has a port", { iss: ISSUER_URL.replace(".org", ".org:443") }),
    claimed("whose iss has a query", { iss: `${ISSUER_URL}?x` }),
    claimed("whose iss has a fragment", { iss: `${ISSUER_URL}#x` }),
    claimed("whose iss has dots in its path", { iss: `${ISSUER_URL}/../lab` }),
    claimed("whose iss is encoded", { iss: ISSUER_URL.replace("lab", "%6Cab") }),
    claimed("whose iss is only the beginning", { iss: "https://idp.example.org" }),
    claimed("whose iss has ours as its beginning", { iss: `${ISSUER_URL}.evil.example` }),
    claimed("whose iss has ours as its user", {
      iss: "https://idp.example.org@evil.example/realms/lab",
    }),
    claimed("whose iss is the entry's name", { iss: "keycloak" }),
    claimed("whose iss is another's", { iss: "https://evil.example" }),
    claimed("whose iss is __proto__", { iss: "__proto__" }),
    // Audiences.
    claimed("without aud", { aud: undefined }),
    claimed("whose aud is null", { aud: null }),
    claimed("whose aud is empty", { aud: "" }),
    claimed("whose aud is an empty list", { aud: [] }),
    claimed("whose aud is another's", { aud: "other" }),
    claimed("whose aud is a list of others", { aud: ["other", "s3.example.org"] }),
    claimed("whose aud is in other letters", { aud: "S3" }),
    claimed("whose aud has a space behind", { aud: "s3 " }),
    claimed("whose aud begins with ours", { aud: "s3-admin" }),
    claimed("whose aud is only the beginning of ours", { aud: "s" }),
    claimed("whose aud is a star", { aud: "*" }),
    claimed("whose aud names two in one text", { aud: "s3,other" }),
    claimed("whose aud names two with a space", { aud: "s3 other" }),
    claimed("whose aud has a slash behind", { aud: "https://s3.example.org/" }),
    claimed("whose aud is an object", { aud: { s3: true } }),
    claimed("whose aud is a list in a list", { aud: [["s3"]] }),
    claimed("whose aud is a number", { aud: 3 }),
    claimed("whose azp is ours and aud is not", { aud: "other", azp: "s3" }),
    // Times.
    claimed("that ended 60 s ago", { exp: NOW - 60 }, "ExpiredTokenException"),
    claimed("that ended a day ago", { exp: NOW - 86_400 }, "ExpiredTokenException"),
    claimed("that ended at the epoch", { exp: 0 }, "ExpiredTokenException"),
    claimed("that ended before the epoch", { exp: -1 }, "ExpiredTokenException"),
    claimed("without exp", { exp: undefined }),
    claimed("whose exp is null", { exp: null }),
    claimed("whose exp is a text", { exp: String(NOW + 300) }),
    claimed("whose exp is a list", { exp: [NOW + 300] }),
    claimed("whose exp is true", { exp: true }),
    texts(
      "whose exp is beyond all numbers",
      GOOD_CLAIMS.replace(`"exp":${NOW + 300}`, '"exp":1e999'),
    ),
    claimed("whose exp is in milliseconds", { exp: (NOW + 300) * 1000 }),
    claimed("whose exp is in the year 10000", { exp: 253_402_300_800 }),
    claimed("that begins too late for the skew", { nbf: NOW + ahead }),
    claimed("that begins in a year", { nbf: NOW + 31_536_000 }),
    claimed("whose nbf is a text", { nbf: "0" }),
    texts(
      "whose nbf is beyond all numbers",
      GOOD_CLAIMS.replace(`"nbf":${NOW - 5}`, '"nbf":1e999'),
    ),
    claimed("that is issued too late for the skew", { iat: NOW + ahead }),
    claimed("that is issued in a year", { iat: NOW + 31_536_000 }),
    claimed("without iat", { iat: undefined }),
    claimed("whose iat is a text", { iat: "0" }),
    claimed("that was issued at the epoch", { iat: 0 }, "ExpiredTokenException"),
    // Subjects and claims that conditions would compare.
    claimed("without sub", { sub: undefined }),
    claimed("whose sub is null", { sub: null }),
    claimed("whose sub is empty", { sub: "" }),
    claimed("whose sub is a number", { sub: 17 }),
    claimed("whose sub is a list", { sub: ["user-17"] }),
    claimed("whose sub is an object", { sub: { user: 17 } }),
    claimed("whose sub has 257 characters", { sub: "u".repeat(257) }),
    claimed("whose sub has a line break", { sub: "user-17\nroot" }),
    claimed("whose sub has a NUL byte", { sub: "user-17\0" }),
    claimed("whose azp is a list", { azp: ["web"] }),
    claimed("whose mapped claim is an object", { groups: { physics: true } }),
    claimed("whose mapped claim has a list in it", { groups: [["physics"]] }),
    claimed("whose mapped claim has null in it", { groups: ["physics", null] }),
    claimed("whose mapped claim has 101 values", {
      groups: Array.from({ length: 101 }, (_, i) => `g${i}`),
    }),
    claimed("whose mapped claim is longer than 256", { groups: ["g".repeat(257)] }),
    claimed("whose claim for a tag has two values", { department: ["p1", "p2"] }),
  ];

  return { claims: CLAIMS, good, bad };
}
