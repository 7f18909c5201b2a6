/**
 * People of an LDAP server as subusers of one account, which stands in an accounts file with its
 * `upstream`. Each has access key and secret in its entry (s3warden.schema), and its groups are its
 * tier.
 *
 *   npm install ldapts
 *   DIRECTORY_TOKEN=… LDAP_URL=ldaps://ldap LDAP_BIND_DN=cn=s3warden,dc=example,dc=org \
 *     LDAP_PASSWORD=… LDAP_BASE=dc=example,dc=org ACCOUNT=lab node ldap.ts
 *
 * Only the entry that it binds as may read s3SecretKey: see the access rules in s3warden.schema.
 */
import { Client, EqualityFilter } from "ldapts";
import { serve, setting } from "./serve.ts";

const URL_OF_LDAP = setting("LDAP_URL");
const BIND_DN = setting("LDAP_BIND_DN");
const PASSWORD = setting("LDAP_PASSWORD");
const BASE = setting("LDAP_BASE");
const ACCOUNT = setting("ACCOUNT");
/** The gateway waits for 2 seconds. */
const TIMEOUT_MS = 1_500;

/**
 * The groups by their cn; a person's first group in this list counts. The tiers are those of the
 * provider aws.
 */
const TIERS = [
  ["s3-full", "FULL"],
  ["s3-writers", "READWRITE"],
  ["s3-readers", "READ"],
] as const;

serve(async (accessKey) => {
  const client = new Client({ url: URL_OF_LDAP, timeout: TIMEOUT_MS, connectTimeout: TIMEOUT_MS });
  try {
    await client.bind(BIND_DN, PASSWORD);
    const people = await client.search(BASE, {
      // Built as an object: a text would let an access key change the filter.
      filter: new EqualityFilter({ attribute: "s3AccessKey", value: accessKey }),
      attributes: ["uid", "s3AccessKey", "s3SecretKey", "s3Disabled"],
      sizeLimit: 2,
    });
    const [person] = people.searchEntries;
    if (person === undefined) return undefined;
    if (people.searchEntries.length > 1) throw new Error("Two entries have the same access key");
    const groups = await client.search(BASE, {
      filter: new EqualityFilter({ attribute: "member", value: person.dn }),
      attributes: ["cn"],
    });
    const names = new Set(groups.searchEntries.map((group) => oneOf(group["cn"])));
    const tier = TIERS.find(([group]) => names.has(group))?.[1];
    return {
      accessKey: oneOf(person["s3AccessKey"]),
      secretKey: oneOf(person["s3SecretKey"]),
      account: ACCOUNT,
      subuser: oneOf(person["uid"]),
      ...(tier !== undefined && { tier }),
      disabled: oneOf(person["s3Disabled"]) === "TRUE",
    };
  } finally {
    await client.unbind();
  }
});

/** Returns the only value of an attribute; `undefined` if there is none, or more than one. */
function oneOf(value: unknown): string | undefined {
  const values = Array.isArray(value) ? value : [value];
  const [text] = values;
  return values.length === 1 && typeof text === "string" ? text : undefined;
}
