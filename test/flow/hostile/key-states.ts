import { presignV4, signV2 } from "../../support/signed.ts";
import { hostile, type Hostile } from "./case.ts";
import { DIFFERS, scoped } from "./changes.ts";
import { KEYS, plain, presigned } from "./site.ts";

const httpDate = (ms: number): string => new Date(ms).toUTCString();

/** Keys that exist but are not good, and session tokens. */
export const KEY_STATES: readonly Hostile[] = [
  hostile("a disabled key", "403 AccessDenied", scoped({ key: KEYS.disabled })),
  hostile(
    "a disabled key with a wrong signature",
    DIFFERS,
    scoped({ key: { ...KEYS.disabled, secretKey: "wrong" } }),
  ),
  hostile("an expired key", "403 AccessDenied", scoped({ key: KEYS.expired })),
  hostile("a key that is not valid yet", "403 AccessDenied", scoped({ key: KEYS.early })),
  hostile("a URL of a disabled key", "403 AccessDenied", (site) =>
    presigned(site, "GET", "/bucket/key", { key: KEYS.disabled }),
  ),
  hostile("a V2 header of an expired key", "403 AccessDenied", (site) =>
    signV2(plain(site, "GET", "/bucket/key"), KEYS.expired, httpDate(site.nowMs)),
  ),
  hostile("a session key without its token", "400 InvalidToken", scoped({ key: KEYS.session })),
  hostile(
    "a session key with another token",
    "400 InvalidToken",
    scoped({ key: KEYS.session, headers: [["x-amz-security-token", "another"]] }),
  ),
  hostile(
    "a session key with an empty token",
    "400 InvalidToken",
    scoped({ key: KEYS.session, headers: [["x-amz-security-token", ""]] }),
  ),
  hostile(
    "a token with a key that has none",
    "400 InvalidToken",
    scoped({ headers: [["x-amz-security-token", "unexpected"]] }),
  ),
  hostile(
    "two session tokens",
    "400 InvalidRequest",
    scoped({
      key: KEYS.session,
      headers: [
        ["x-amz-security-token", "a"],
        ["x-amz-security-token", "b"],
      ],
    }),
  ),
  hostile("a URL of a session key without its token", "400 InvalidToken", (site) =>
    presigned(site, "GET", "/bucket/key", { key: KEYS.session }),
  ),
  hostile("a URL with a token in another's name", "400 InvalidToken", (site) =>
    presignV4(
      plain(site, "GET", "/bucket/key?X-Amz-Security-Token=unexpected"),
      KEYS.owner,
      site.scope,
    ),
  ),
];
