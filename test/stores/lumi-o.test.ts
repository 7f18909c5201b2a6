/**
 * Tests LUMI-O's document, example by example, on a real Ceph whose projects are tenants of one
 * user, with the programs that the document names.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as s3 from "@aws-sdk/client-s3";
import { codeIn, probe, type Reply } from "../clients/probe.ts";
import { startGateway, type Gateway, type GatewayOptions } from "../support/gateway.ts";
import { skipUnless } from "../support/requirement.ts";
import { clientOf } from "../support/s3-client.ts";
import { scratchFolder } from "../support/scratch.ts";
import {
  presignV2,
  presignV4,
  signV2,
  signV4,
  timestampOf,
  type KeyPair,
  type Outgoing,
} from "../support/signed.ts";
import { CEPH, startCeph, type Ceph } from "./ceph.ts";
import { PROGRAMS } from "./sharing.ts";

const OWNER = "465000001";
const PARTNER = "465000002";
type Project = typeof OWNER | typeof PARTNER;

/** Makes a project's key at the gateway, which is not one of the store's. */
const keyOf = (project: Project): KeyPair => ({
  accessKey: `GW${project}000000000`,
  secretKey: `secret-of-${project}-at-the-gateway`,
});
const WRONG_KEYS: readonly KeyPair[] = [
  { ...keyOf(OWNER), secretKey: "wrong" },
  { ...keyOf(PARTNER), secretKey: "wrong" },
  { accessKey: "GWNOBODY000000000000", secretKey: "wrong" },
];
const PUBLIC_HOST = `${OWNER}.public.example.org`;

/** "The full policy", with the principal that the page's text lost but its prose gives. */
const shared = (Action: string, resource: string): object => ({
  Action: [Action],
  Effect: "Allow",
  Resource: `arn:aws:s3:::fortheauthenticated${resource}`,
  Principal: { AWS: [`arn:aws:iam::${PARTNER}:user/${PARTNER}`] },
});
/** "Another potentially useful policy is a restriction on incoming IP:s". */
const dataFrom = (bucket: string, network: string): object => ({
  Sid: "IPAllow",
  Effect: "Allow",
  Principal: "*",
  Action: "s3:PutObject",
  Resource: `arn:aws:s3:::${bucket}/data*`,
  Condition: { IpAddress: { "aws:SourceIp": network } },
});
const POLICIES: Readonly<Record<string, readonly object[]>> = {
  fortheauthenticated: [
    shared("s3:GetObject", "/out.json"),
    shared("s3:ListBucket", ""),
    shared("s3:PutObject", "/upload.json"),
  ],
  almostpublic: [dataFrom("almostpublic", "127.0.0.0/8")],
  elsewhere: [dataFrom("elsewhere", "198.51.100.0/24")],
  public: [
    {
      Effect: "Allow",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::public/open*",
    },
  ],
  denied: [
    {
      Effect: "Deny",
      Principal: { AWS: [`arn:aws:iam::${PARTNER}:user/${PARTNER}`] },
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::denied/data",
    },
  ],
};

const SHARED = "fortheauthenticated";
/** A bucket without any record at the gateway. */
const UNRECORDED = "unsaid";
const KEYS = ["data", "open.txt", "out.json", "upload.json"];

/** The name of a bucket of the owner's for other projects, and its form in V4's canonical path. */
const at = (bucket: string): string => `${OWNER}:${bucket}`;
const encoded = (bucket: string): string => `${OWNER}%3A${bucket}`;

describe("LUMI-O's document on a real Ceph", { skip: skipUnless([CEPH]) }, () => {
  let ceph: Ceph;
  let options: GatewayOptions;
  let gateway: Gateway;
  let owner: s3.S3Client;
  const folder = scratchFolder("lumi-o");

  before(async () => {
    ceph = await startCeph();
    options = {
      upstream: ceph.endpoint,
      listen: { accountDomains: ["*.public.example.org"] },
      policy: {
        provider: "lumi-o",
        bucketPolicies: "gateway",
        anonymous: "policy",
        signatures: ["v4", "v2"],
      },
      accounts: projects(),
      buckets: Object.keys(POLICIES).map((bucket) => ({
        name: at(bucket),
        account: OWNER,
        policy: `${bucket}.json`,
      })),
      files: Object.fromEntries(
        Object.entries(POLICIES).map(([bucket, Statement]) => [
          `${bucket}.json`,
          JSON.stringify({ Version: "2012-10-17", Statement }),
        ]),
      ),
    };
    gateway = await startGateway(options);
    owner = clientOf(gateway.endpoint, keyOf(OWNER));
    for (const Bucket of [...Object.keys(POLICIES), UNRECORDED]) {
      await owner.send(new s3.CreateBucketCommand({ Bucket }));
      for (const Key of KEYS) {
        const Body = `${Key} of ${Bucket}`;
        await owner.send(new s3.PutObjectCommand({ Bucket, Key, Body }));
      }
    }
  });
  after(async () => {
    await gateway.stop();
    await ceph.stop();
  });

  /** Returns the accounts of the projects; `more` is added to each project's key. */
  function projects(more: object = {}): readonly Readonly<Record<string, unknown>>[] {
    return ([OWNER, PARTNER] as const).map((project) => ({
      name: project,
      upstream: ceph.users(`${project}$${project}`),
      keys: [{ ...keyOf(project), ...more }],
    }));
  }
  /** Reads the content of the owner's object, by its own bare name. */
  async function content(Bucket: string, Key: string): Promise<string> {
    const { Body } = await owner.send(new s3.GetObjectCommand({ Bucket, Key }));
    return (await Body?.transformToString()) ?? "";
  }
  /** Sends a request to `to`, whatever host it names. */
  async function wire({ method, target, headers, body }: Outgoing, to = gateway): Promise<Reply> {
    return probe(method, to.endpoint + target, Object.fromEntries(headers), body);
  }
  const here = (): string => new URL(gateway.endpoint).host;
  const outgoing = (method: string, target: string, host = here(), body = ""): Outgoing => ({
    method,
    target,
    headers: [["host", host]],
    body: Buffer.from(body),
  });

  describe("the full policy", () => {
    for (const program of PROGRAMS) {
      describe(`by ${program.name}`, { skip: skipUnless([program]) }, () => {
        test("project 465000002 downloads out.json, lists, and overwrites upload.json", async () => {
          const run = program.at(folder, gateway.endpoint, keyOf(PARTNER));
          assert.equal(await run.get(at(SHARED), "out.json"), `out.json of ${SHARED}`);
          assert.deepEqual(await run.list(at(SHARED)), KEYS);
          await run.put(at(SHARED), "upload.json", `new by ${program.name}`);
          assert.equal(await content(SHARED, "upload.json"), `new by ${program.name}`);
        });
        test("and nothing else", async () => {
          const run = program.at(folder, gateway.endpoint, keyOf(PARTNER));
          const before = await content(SHARED, "upload.json");
          await assert.rejects(run.get(at(SHARED), "upload.json"), FORBIDDEN);
          await assert.rejects(run.get(at(SHARED), "data"), FORBIDDEN);
          await assert.rejects(run.put(at(SHARED), "out.json", "no"), FORBIDDEN);
          await assert.rejects(run.put(at(SHARED), "new.json", "no"), FORBIDDEN);
          await assert.rejects(run.remove(at(SHARED), "out.json"), FORBIDDEN);
          assert.equal(await content(SHARED, "out.json"), `out.json of ${SHARED}`);
          assert.equal(await content(SHARED, "upload.json"), before);
          assert.deepEqual(await run.list(at(SHARED)), KEYS);
        });
        test("but not in a bucket whose policy is for somebody else, nor in one without a policy", async () => {
          const run = program.at(folder, gateway.endpoint, keyOf(PARTNER));
          for (const bucket of ["elsewhere", UNRECORDED]) {
            await assert.rejects(run.get(at(bucket), "out.json"), FORBIDDEN);
            await assert.rejects(run.list(at(bucket)), FORBIDDEN);
            await assert.rejects(run.put(at(bucket), "upload.json", "no"), FORBIDDEN);
            assert.equal(await content(bucket, "upload.json"), `upload.json of ${bucket}`);
          }
        });
        test("a bare name is in the own project of each caller", async () => {
          const partner = program.at(folder, gateway.endpoint, keyOf(PARTNER));
          await assert.rejects(partner.list(SHARED), /NoSuchBucket|does not exist|not found/);
          const own = program.at(folder, gateway.endpoint, keyOf(OWNER));
          assert.deepEqual(await own.list(SHARED), KEYS);
          assert.deepEqual(await own.list(at(SHARED)), KEYS);
        });
      });
    }
  });

  describe("a restriction on incoming IPs", () => {
    const to = (bucket: string, key = ""): string =>
      `${gateway.endpoint}/${at(bucket)}${key === "" ? "" : `/${key}`}`;

    test("any project from there uploads keys that begin with data", async () => {
      const reply = await probe("PUT", to("almostpublic", "data-new"), {}, "by nobody");
      assert.equal(reply.status, 200);
      assert.equal(await content("almostpublic", "data-new"), "by nobody");
      denied(await probe("PUT", to("almostpublic", "other"), {}, "by nobody"));
    });
    test("but does not download, list or remove it", async () => {
      denied(await probe("GET", to("almostpublic", "data")));
      assert.equal((await probe("HEAD", to("almostpublic", "data"))).status, 403);
      denied(await probe("GET", to("almostpublic")));
      denied(await probe("DELETE", to("almostpublic", "data")));
    });
    test("a caller from elsewhere uploads nothing, with credentials or without", async () => {
      denied(await probe("PUT", to("elsewhere", "data"), {}, "by nobody"));
      const asked = outgoing("PUT", `/${encoded("elsewhere")}/data`, here(), "by a project");
      denied(await wire(signed(asked, keyOf(PARTNER), "v4")));
      assert.equal(await content("elsewhere", "data"), "data of elsewhere");
    });
  });

  describe("public objects", () => {
    /**
     * Returns the URLs of an object: at the account's host, and by the owner's number at any host.
     */
    const urls = (bucket: string, key: string): readonly Outgoing[] => [
      outgoing("GET", `/${bucket}/${key}`, PUBLIC_HOST),
      outgoing("GET", `/${bucket}/${key}`, `${PUBLIC_HOST}:8080`),
      outgoing("GET", `/${at(bucket)}/${key}`),
      outgoing("GET", `/${encoded(bucket)}/${key}`),
      outgoing("GET", `/${encoded(bucket)}/${key}`, `${PARTNER}.public.example.org`),
    ];
    test("are available at both URLs, only for reading", async () => {
      for (const url of urls("public", "open.txt")) {
        const reply = await wire(url);
        assert.equal(reply.status, 200, url.target);
        assert.equal(reply.body.toString(), "open.txt of public");
        assert.equal((await wire({ ...url, method: "HEAD" })).status, 200);
        denied(await wire({ ...url, method: "PUT", body: Buffer.from("no") }));
        denied(await wire({ ...url, method: "DELETE" }));
      }
      assert.equal(await content("public", "open.txt"), "open.txt of public");
    });
    test("private ones are not, nor is the bucket's list", async () => {
      const closed = [...urls("public", "out.json"), ...urls(UNRECORDED, "open.txt")];
      for (const url of closed) denied(await wire(url));
      denied(await wire(outgoing("GET", "/public", PUBLIC_HOST)));
      denied(await wire(outgoing("GET", "/", PUBLIC_HOST)));
    });
    test("belong to that account, and to nobody at a host without one", async () => {
      denied(await wire(outgoing("GET", "/public/open.txt", `${PARTNER}.public.example.org`)));
      denied(await wire(outgoing("GET", "/public/open.txt")));
      denied(await wire(outgoing("GET", "/public/open.txt", "public.example.org")));
    });
    for (const version of ["v4", "v2"] as const) {
      test(`while authenticated by ${version}, a bare name is in the caller's own project`, async () => {
        const asked = outgoing("GET", "/public/open.txt", PUBLIC_HOST);
        const partner = await wire(signed(asked, keyOf(PARTNER), version));
        assert.equal(`${partner.status} ${codeIn(partner.body)}`, "404 NoSuchBucket");
        const own = await wire(signed(asked, keyOf(OWNER), version));
        assert.equal(own.body.toString(), "open.txt of public");
        const named = outgoing("GET", `/${encoded("public")}/open.txt`, PUBLIC_HOST);
        const other = await wire(signed(named, keyOf(PARTNER), version));
        assert.equal(other.body.toString(), "open.txt of public");
      });
      test(`invalid credentials of ${version} lead to an access denied`, async () => {
        for (const key of WRONG_KEYS) {
          for (const url of urls("public", "open.txt")) {
            denied(await wire(signed(url, key, version)));
            denied(await wire(presigned(url, key, version)));
          }
        }
      });
    }
  });

  describe("access control lists", () => {
    const KEY = "data";
    /** The gateway where anonymous requests go on unsigned, as at the provider. */
    let open: Gateway;
    before(async () => {
      const { anonymous: _, ...policy } = { ...options.policy };
      open = await startGateway({ ...options, policy });
    });
    after(() => open.stop());
    const get = (key: string, as: KeyPair | undefined, bucket = UNRECORDED): Promise<Reply> => {
      const path = `/${encoded(bucket)}${key === "" ? "" : `/${key}`}`;
      const asked = outgoing("GET", path, new URL(open.endpoint).host);
      return wire(as === undefined ? asked : signed(asked, as, "v4"), open);
    };
    const readable = async (key: string, as: KeyPair | undefined, bucket?: string) =>
      assert.equal((await get(key, as, bucket)).status, 200);
    const closed = async (key: string, as: KeyPair | undefined, bucket?: string) =>
      denied(await get(key, as, bucket));
    const grant = { GrantRead: `id="${PARTNER}$${PARTNER}"` };
    const partner = keyOf(PARTNER);

    for (const bucket of [UNRECORDED, "public"]) {
      test(`grant a project the private objects in the bucket ${bucket}`, async () => {
        const object = { Bucket: bucket, Key: KEY };
        await closed(KEY, partner, bucket);
        await owner.send(new s3.PutObjectAclCommand({ ...object, ...grant }));
        await readable(KEY, partner, bucket);
        await closed(KEY, undefined, bucket);
        denied(await wire(signed(outgoing("DELETE", `/${encoded(bucket)}/${KEY}`), partner, "v4")));
        await owner.send(new s3.PutObjectAclCommand({ ...object, ACL: "private" }));
        await closed(KEY, partner, bucket);
      });
      test(`make objects public, also for callers with a valid key, in the bucket ${bucket}`, async () => {
        const object = { Bucket: bucket, Key: KEY };
        await owner.send(new s3.PutObjectAclCommand({ ...object, ACL: "public-read" }));
        await readable(KEY, undefined, bucket);
        await readable(KEY, partner, bucket);
        for (const key of WRONG_KEYS) await closed(KEY, key, bucket);
        await owner.send(new s3.PutObjectAclCommand({ ...object, ACL: "private" }));
        await closed(KEY, undefined, bucket);
        await closed(KEY, partner, bucket);
      });
    }
    test("show the bucket to all authenticated users, and none of its objects", async () => {
      await closed("", partner);
      const ACL = "authenticated-read";
      await owner.send(new s3.PutBucketAclCommand({ Bucket: UNRECORDED, ACL }));
      await readable("", partner);
      await closed("", undefined);
      await closed(KEY, partner);
      await owner.send(new s3.PutBucketAclCommand({ Bucket: UNRECORDED, ACL: "private" }));
      await closed("", partner);
    });
    test("open nothing that a policy denies", async () => {
      const Bucket = "denied";
      await owner.send(new s3.PutObjectAclCommand({ Bucket, Key: KEY, ACL: "public-read" }));
      await closed(KEY, partner, Bucket);
      await owner.send(new s3.PutObjectAclCommand({ Bucket, Key: "out.json", ACL: "public-read" }));
      await readable("out.json", partner, Bucket);
    });
  });

  describe("presigned URLs", () => {
    /** The gateway with the same keys, which expired long ago. */
    let later: Gateway;
    before(async () => {
      later = await startGateway({ ...options, accounts: projects({ expires: "2020-01-01" }) });
    });
    after(() => later.stop());

    for (const program of PROGRAMS) {
      test(
        `of ${program.name} are void when the key ends`,
        { skip: skipUnless([program]) },
        async () => {
          const run = program.at(folder, gateway.endpoint, keyOf(OWNER));
          const partner = program.at(folder, gateway.endpoint, keyOf(PARTNER));
          for (const [url, text] of [
            [await run.url(UNRECORDED, "out.json"), `out.json of ${UNRECORDED}`],
            [await partner.url(at(SHARED), "out.json"), `out.json of ${SHARED}`],
          ] as const) {
            assert.equal((await probe("GET", url)).body.toString(), text);
            denied(await probe("PUT", url, {}, "no"));
            const { host, pathname, search } = new URL(url);
            denied(await wire(outgoing("GET", pathname + search, host), later));
          }
        },
      );
    }
    for (const version of ["v4", "v2"] as const) {
      test(`of ${version} upload one object, until the key ends`, async () => {
        const asked = outgoing("PUT", `/${UNRECORDED}/file-${version}.txt`);
        const url = presigned(asked, keyOf(OWNER), version);
        const body = Buffer.from(`by ${version}`);
        assert.equal((await wire({ ...url, body })).status, 200);
        assert.equal(await content(UNRECORDED, `file-${version}.txt`), `by ${version}`);
        denied(await wire({ ...url, body, method: "DELETE" }));
        denied(await wire({ ...url, body, target: url.target.replace("file", "other") }));
        denied(await wire({ ...url, body }, later));
      });
      test(`of ${version} give no more than the policy gives to the signer`, async () => {
        const mayRead = outgoing("GET", `/${encoded(SHARED)}/out.json`);
        const read = await wire(presigned(mayRead, keyOf(PARTNER), version));
        assert.equal(read.body.toString(), `out.json of ${SHARED}`);
        const mayNot = outgoing("GET", `/${encoded(SHARED)}/data`);
        denied(await wire(presigned(mayNot, keyOf(PARTNER), version)));
      });
      test(`of ${version} at an account's host work as signed`, async () => {
        const asked = outgoing("GET", `/${UNRECORDED}/out.json`, PUBLIC_HOST);
        const own = await wire(presigned(asked, keyOf(OWNER), version));
        assert.equal(own.body.toString(), `out.json of ${UNRECORDED}`);
        const partner = await wire(presigned(asked, keyOf(PARTNER), version));
        assert.equal(codeIn(partner.body), "NoSuchBucket");
      });
    }
  });
});

const FORBIDDEN = /403|AccessDenied|Forbidden|was denied/;

function denied(reply: Reply): void {
  // The answer to a HEAD has no document.
  assert.equal(`${reply.status} ${codeIn(reply.body)}`, "403 AccessDenied");
}

function signed(request: Outgoing, key: KeyPair, version: "v4" | "v2"): Outgoing {
  return version === "v2"
    ? signV2(request, key, new Date().toUTCString())
    : signV4(request, key, { timestamp: timestampOf(Date.now()) });
}

function presigned(request: Outgoing, key: KeyPair, version: "v4" | "v2"): Outgoing {
  return version === "v2"
    ? presignV2(request, key, String(Math.floor(Date.now() / 1000) + 600))
    : presignV4(request, key, { timestamp: timestampOf(Date.now()) });
}
