import {
  edited,
  plus,
  presignV2,
  retargeted,
  signV2,
  without,
  type Outgoing,
} from "../../support/signed.ts";
import { hostile, type Hostile } from "./case.ts";
import { DIFFERS, MINUTE_MS } from "./changes.ts";
import { DOMAIN, KEYS, plain, type Site } from "./site.ts";

const httpDate = (ms: number): string => new Date(ms).toUTCString();
const v2 = (site: Site, offsetMs = 0): Outgoing =>
  signV2(plain(site, "GET", "/bucket/key"), KEYS.owner, httpDate(site.nowMs + offsetMs));
const v2Link = (site: Site, offsetSeconds = 300, target = "/bucket/key"): Outgoing =>
  presignV2(
    plain(site, "GET", target),
    KEYS.owner,
    String(Math.floor(site.nowMs / 1000) + offsetSeconds),
  );

/** Version 2, by header and by URL. */
export const V2_SIGNATURES: readonly Hostile[] = [
  hostile("V2 where it is not accepted", "400 InvalidRequest", v2, { gateway: "strict" }),
  hostile("a V2 URL where it is not accepted", "400 InvalidRequest", (site) => v2Link(site), {
    gateway: "strict",
  }),
  hostile("V2 without a signature", "400 InvalidArgument", (site) =>
    edited(v2(site), "authorization", () => "AWS AKIAOWNER"),
  ),
  hostile("V2 without a key", "400 InvalidArgument", (site) =>
    edited(v2(site), "authorization", (value) => value.replace("AKIAOWNER", "")),
  ),
  hostile("V2 with nothing", "400 InvalidArgument", (site) =>
    edited(v2(site), "authorization", () => "AWS "),
  ),
  hostile("V2 with a wrong signature", DIFFERS, (site) =>
    edited(v2(site), "authorization", (value) =>
      value.replace(/:.*/, ":AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    ),
  ),
  hostile("V2 with a truncated signature", DIFFERS, (site) =>
    edited(v2(site), "authorization", (value) => value.slice(0, -4)),
  ),
  hostile("V2 with an unknown key", "403 InvalidAccessKeyId", (site) =>
    signV2(plain(site, "GET", "/bucket/key"), KEYS.unknown, httpDate(site.nowMs)),
  ),
  hostile("V2 without a date", "403 AccessDenied", (site) => without(v2(site), "date")),
  hostile("V2 with a date that is none", "403 AccessDenied", (site) =>
    edited(v2(site), "date", () => "yesterday"),
  ),
  hostile("V2 with two dates", "400 InvalidRequest", (site) =>
    plus(v2(site), ["date", httpDate(site.nowMs)]),
  ),
  hostile("V2 of 16 minutes ago", "403 RequestTimeTooSkewed", (site) => v2(site, -16 * MINUTE_MS)),
  hostile("V2 16 minutes ahead", "403 RequestTimeTooSkewed", (site) => v2(site, 16 * MINUTE_MS)),
  // Its signature does not speak of the host, but the host may speak of a bucket.
  hostile("a V2 URL at a host that can be read in two ways", "400 InvalidRequest", (site) =>
    edited(v2Link(site), "host", () => `oth:r.${DOMAIN}`),
  ),
  hostile("V2 for another key", DIFFERS, (site) => ({ ...v2(site), target: "/bucket/other" })),
  hostile("V2 with an unsigned ACL", DIFFERS, (site) =>
    plus(v2(site), ["x-amz-acl", "public-read"]),
  ),
  hostile("V2 with an unsigned subresource", DIFFERS, (site) => ({
    ...v2(site),
    target: "/bucket/key?acl",
  })),
  hostile("V2 with a parameter that it does not cover", "403 AccessDenied", (site) => ({
    ...v2(site),
    target: "/bucket/key?attributes",
  })),
  hostile("V2 with signed chunks", "400 InvalidRequest", (site) =>
    signV2(
      plain(site, "PUT", "/bucket/key", {
        body: "",
        headers: [["x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"]],
      }),
      KEYS.owner,
      httpDate(site.nowMs),
    ),
  ),
  hostile("an expired V2 URL", "403 AccessDenied", (site) => v2Link(site, -1)),
  hostile("a V2 URL for eight days", "403 AccessDenied", (site) => v2Link(site, 8 * 24 * 3600)),
  hostile("a V2 URL with a later end", DIFFERS, (site) =>
    retargeted(v2Link(site), (target) =>
      target.replace(/Expires=\d+/, `Expires=${Math.floor(site.nowMs / 1000) + 900}`),
    ),
  ),
  hostile("a V2 URL whose end is no number", "403 AccessDenied", (site) =>
    retargeted(v2Link(site), (target) => target.replace(/Expires=\d+/, "Expires=soon")),
  ),
  hostile("a V2 URL without its end", "403 AccessDenied", (site) =>
    retargeted(v2Link(site), (target) => target.replace(/Expires=\d+&/, "")),
  ),
  hostile("a V2 URL without its key", "403 AccessDenied", (site) =>
    retargeted(v2Link(site), (target) => target.replace(/AWSAccessKeyId=[^&]*&/, "")),
  ),
  hostile("a V2 URL without its signature", "403 AccessDenied", (site) =>
    retargeted(v2Link(site), (target) => target.replace(/&Signature=.*/, "")),
  ),
  hostile("a V2 URL with two ends", "400 InvalidArgument", (site) =>
    retargeted(v2Link(site), (target) => `${target}&Expires=9999999999`),
  ),
  hostile("a V2 URL made a listing", DIFFERS, (site) =>
    retargeted(v2Link(site, 300, "/bucket"), (target) => `${target}&versions`),
  ),
  hostile("a V2 URL with x-amz-acl put in", "400 InvalidArgument", (site) =>
    retargeted(v2Link(site), (target) => `${target}&x-amz-acl=public-read`),
  ),
  // Its string to sign is that of `?response-expires=x&versionId=old`.
  hostile("a V2 URL to a version made one to the current object", "400 InvalidArgument", (site) =>
    retargeted(v2Link(site, 300, "/bucket/key?response-expires=x&versionId=old"), (target) =>
      target.replace("&versionId=old", "%26versionId%3Dold"),
    ),
  ),
  hostile("a V2 URL whose subresource hides in a value", "400 InvalidArgument", (site) =>
    retargeted(v2Link(site, 300, "/bucket/key?response-expires=x&tagging"), (target) =>
      target.replace("&tagging", "%26tagging"),
    ),
  ),
];
