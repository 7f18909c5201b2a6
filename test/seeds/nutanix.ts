/** Tests "Sharing Objects data with anonymous/IAM users", sentence by sentence. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { probe, type Reply } from "../clients/probe.ts";
import { presignV4, timestampOf } from "../support/signed.ts";
import { answered, bucketWith, denied, linkOf, refused, row, textOf } from "./expect.ts";
import type { SeedDocument } from "./row.ts";
import type { Site } from "./site.ts";

const SHARED = "nutanix-shared";
const OBJECT = { Bucket: SHARED, Key: "a.txt" };
const TEXT = "linux_commands.txt";

/**
 * The time until a change is in force: the default of `state.refresh`, and half a second for the
 * answer.
 */
const IN_FORCE_MS = 5_500;

/**
 * Changes the rights that are shared with the colleague, and waits until the running gateway has
 * seen it.
 */
async function shared(site: Site, ...args: readonly string[]): Promise<void> {
  await site.warden("share", ...args, "--with", "colleague");
  await pause(IN_FORCE_MS);
}
const share = (site: Site, permissions: string): Promise<void> =>
  shared(site, SHARED, "--permissions", permissions);
const put = (site: Site, user: string): Promise<unknown> =>
  site.boto(user, "put_object", { ...OBJECT, Key: `by-${user}`, Body: "new" });
const get = (site: Site, user: string): Promise<unknown> => site.boto(user, "get_object", OBJECT);
const list = (site: Site, user: string): Promise<unknown> =>
  site.boto(user, "list_objects_v2", { Bucket: SHARED });

/**
 * Returns the answer to a link of the owner's that was made at `atMs`; boto3 of Debian makes none
 * for 0 s.
 */
function linkMade(site: Site, atMs: number, expires: string): Promise<Reply> {
  const asked = {
    method: "GET",
    target: `/${SHARED}/a.txt`,
    headers: [["host", site.host]] as const,
    body: Buffer.alloc(0),
  };
  const signed = presignV4(asked, site.keyOf("owner"), { timestamp: timestampOf(atMs), expires });
  return probe("GET", site.endpoint + signed.target);
}

export const NUTANIX: SeedDocument = {
  title: "Nutanix",
  provider: "nutanix",
  prepare: async (site) => {
    await bucketWith(site, "owner", SHARED, "a.txt", "b.txt");
  },
  rows: [
    row(
      "By default only owner has full access to bucket or object. – the owner has it",
      async (site) => {
        await get(site, "owner");
        await list(site, "owner");
        await put(site, "owner");
        await site.boto("owner", "delete_object", { Bucket: SHARED, Key: "by-owner" });
        await site.boto("owner", "get_bucket_acl", { Bucket: SHARED });
      },
    ),
    row(
      "By default only owner has full access to bucket or object. – nobody else",
      async (site) => {
        await refused(get(site, "colleague"));
        await refused(list(site, "colleague"));
        await refused(put(site, "colleague"));
        await refused(site.boto("colleague", "delete_object", OBJECT));
        await refused(site.boto("colleague", "delete_bucket", { Bucket: SHARED }));
        assert.equal(await textOf(site, "owner", SHARED, "a.txt"), "a.txt");
      },
    ),
    row(
      "From Objects UI , admin can share any bucket with any valid IAM user. – read",
      async (site) => {
        await share(site, "read");
        assert.equal(await textOf(site, "colleague", SHARED, "a.txt"), "a.txt");
        await list(site, "colleague");
      },
    ),
    row(
      "And based on the permissions, user can perform certain operations on given bucket. – read does not write",
      async (site) => {
        await refused(put(site, "colleague"));
        await refused(site.boto("colleague", "delete_object", OBJECT));
        await refused(site.boto("colleague", "delete_bucket", { Bucket: SHARED }));
      },
    ),
    row(
      "And based on the permissions, user can perform certain operations on given bucket. – write does not read",
      async (site) => {
        await share(site, "write");
        await put(site, "colleague");
        await refused(get(site, "colleague"));
        await refused(list(site, "colleague"));
      },
    ),
    row(
      "And based on the permissions, user can perform certain operations on given bucket. – full does all",
      async (site) => {
        await share(site, "full");
        await get(site, "colleague");
        await list(site, "colleague");
        await put(site, "colleague");
        await site.boto("colleague", "delete_object", { Bucket: SHARED, Key: "by-colleague" });
      },
    ),
    row("But here user needs to have IAM credentials to access Objects endpoint.", async (site) => {
      denied(await site.anonymous("GET", `/${SHARED}/a.txt`));
      denied(await site.anonymous("GET", `/${SHARED}`));
      denied(await site.anonymous("PUT", `/${SHARED}/c.txt`, "new"));
    }),
    row("A share that is revoked is over", async (site) => {
      await shared(site, "revoke", SHARED);
      await refused(get(site, "colleague"));
      await refused(put(site, "colleague"));
    }),
    row("$aws s3 --endpoint-url mb s3://testbucket", async (site) => {
      await site.aws("owner", "s3", "mb", "s3://testbucket");
    }),
    row(
      "$ aws s3 --endpoint-url cp linux_commands.txt s3://testbucket/linux_commands.txt",
      async (site) => {
        await site.aws("owner", "s3", "cp", site.file(TEXT, "ls\n"), `s3://testbucket/${TEXT}`);
      },
    ),
    row(
      "$ aws s3 --endpoint-url presign s3://testbucket/linux_commands.txt --expires-in 60 – this will show all the data",
      async (site) => {
        const url = await site.aws(
          "owner",
          "s3",
          "presign",
          `s3://testbucket/${TEXT}`,
          "--expires-in",
          "60",
        );
        answered(await probe("GET", url.trim()), 200, "ls\n");
      },
    ),
    row(
      "Objects also gives an API to generate pre-signed URL for the given object – boto3's default",
      async (site) => {
        answered(
          await probe("GET", await linkOf(site, "owner", "get_object", OBJECT)),
          200,
          "a.txt",
        );
      },
    ),
    row(
      "Objects also gives an API to generate pre-signed URL for the given object – version 4",
      async (site) => {
        const url = await linkOf(site, "owner", "get_object", OBJECT, 600, "s3v4");
        answered(await probe("GET", url), 200, "a.txt");
      },
    ),
    row(
      "you can then share that url with anyone – for that object and that verb alone",
      async (site) => {
        for (const version of ["s3", "s3v4"] as const) {
          const url = await linkOf(site, "owner", "get_object", OBJECT, 600, version);
          denied(await probe("PUT", url, {}, "new"));
          denied(await probe("DELETE", url));
          denied(await probe("GET", url.replace("a.txt", "b.txt")));
        }
        assert.equal(await textOf(site, "owner", SHARED, "a.txt"), "a.txt");
      },
    ),
    row("A link gives no more than its signer has", async (site) => {
      denied(await probe("GET", await linkOf(site, "colleague", "get_object", OBJECT)));
    }),
    row("You can set this from 0 to 7days (in seconds). – 7 days", async (site) => {
      const url = await linkOf(site, "owner", "get_object", OBJECT, 604_800, "s3v4");
      answered(await probe("GET", url), 200, "a.txt");
    }),
    row("You can set this from 0 to 7days (in seconds). – no longer", async (site) => {
      const url = await linkOf(site, "owner", "get_object", OBJECT, 604_801, "s3v4");
      const { status } = await probe("GET", url);
      assert.ok(status === 400 || status === 403, String(status));
      const two = await linkOf(site, "owner", "get_object", OBJECT, 605_800, "s3");
      denied(await probe("GET", two));
    }),
    row("You can set this from 0 to 7days (in seconds). – 0 is understood", async (site) => {
      const reply = await linkMade(site, Date.now(), "0");
      // In the same second it works, and then it has expired.
      if (reply.status === 200) return;
      denied(reply);
      assert.match(reply.body.toString(), /Request has expired/);
    }),
    row(
      "Above URL is valid only for 60seconds. If you access after 60seconds, it will return",
      async (site) => {
        answered(await linkMade(site, Date.now() - 30_000, "60"), 200, "a.txt");
        const late = await linkMade(site, Date.now() - 62_000, "60");
        denied(late);
        assert.match(late.body.toString(), /Request has expired/);
      },
    ),
    row(
      "If user’s IAM keys are revoked or changed, then this pre-signed URL will return access denied error.",
      async (site) => {
        const one = await linkOf(site, "owner", "get_object", OBJECT, 600, "s3v4");
        const two = await linkOf(site, "owner", "get_object", OBJECT, 600, "s3");
        answered(await probe("GET", one), 200, "a.txt");
        await site.revoke("owner");
        denied(await probe("GET", one));
        denied(await probe("GET", two));
      },
    ),
  ],
};
