/**
 * Tests "Advanced usage of LUMI-O", sentence by sentence, with s3cmd, rclone, aws, boto3 and curl.
 */
import assert from "node:assert/strict";
import { probe } from "../clients/probe.ts";
import { runProgram } from "../support/program.ts";
import {
  answered,
  bucketWith,
  denied,
  fieldOf,
  keysIn,
  linkOf,
  putPolicy,
  refused,
  row,
  textOf,
} from "./expect.ts";
import type { SeedDocument } from "./row.ts";
import type { Site } from "./site.ts";

const OWN = "465000001";
const OTHER = "465000002";
const SHARED = "fortheauthenticated";
const DATA = "almostpublic";
const PLAIN = "lumi-plain";
const ACLS = "lumi-acls";

/** Returns the name of the bucket for another project. */
const at = (bucket: string): string => `${OWN}:${bucket}`;

const allow = (Action: string, resource: string): object => ({
  Action: [Action],
  Effect: "Allow",
  Resource: `arn:aws:s3:::${SHARED}${resource}`,
  Principal: { AWS: [`arn:aws:iam::${OTHER}:user/${OTHER}`] },
});
const FULL_POLICY = {
  Version: "2012-10-17",
  Statement: [
    allow("s3:GetObject", "/out.json"),
    allow("s3:ListBucket", ""),
    allow("s3:PutObject", "/upload.json"),
  ],
};
const dataFrom = (network: string): object => ({
  Statement: [
    {
      Sid: "IPAllow",
      Effect: "Allow",
      Principal: "*",
      Action: "s3:PutObject",
      Resource: `arn:aws:s3:::${DATA}/data*`,
      Condition: { IpAddress: { "aws:SourceIp": network } },
    },
  ],
});

/** A file to read and a place to write. */
const out = (site: Site): string => `${site.folder}/out.tmp`;

/** Sends a GET of another project's object, by path as s3cmd and rclone send it. */
const byS3cmd = (site: Site, user: string, bucket: string, key: string): Promise<string> =>
  site.s3cmd(user, "get", "--force", `s3://${bucket}/${key}`, out(site));
const putByS3cmd = (site: Site, user: string, bucket: string, key: string): Promise<string> =>
  site.s3cmd(user, "put", site.file("body", "new"), `s3://${bucket}/${key}`);

const publicHost = (site: Site, project = OWN): string => `${project}.${site.domain}`;

const readAnonymously = async (site: Site, path: string): Promise<number> =>
  (await site.anonymous("GET", path, "", publicHost(site))).status;

/** The document's script, whose variables its text has lost: GET by a hand-made signature of version 2. */
const CURL = String.raw`
resource="/\${bucket}/\${key}"
contentType="text/plain"
dateValue=$(date -R)
stringToSign="GET\n\n\${contentType}\n\${dateValue}\n\${resource}"
signature=$(echo -en "\${stringToSign}" | openssl sha1 -hmac "\${s3Secret}" -binary | base64)
curl -X GET -s -o out.tmp -w "%{http_code}" \
     -H "Host: \${host}" \
     -H "Date: \${dateValue}" \
     -H "Content-Type: \${contentType}" \
     -H "Authorization: AWS \${s3Key}:\${signature}" \
     "http://\${host}\${resource}"
`.replaceAll("\\${", "${");

async function curl(site: Site, user: string, bucket: string, key: string): Promise<string> {
  const { accessKey, secretKey } = site.keyOf(user);
  const { output } = await runProgram("bash", ["-c", CURL], {
    cwd: site.folder,
    env: { bucket, key, host: site.host, s3Key: accessKey, s3Secret: secretKey, LC_ALL: "C" },
  });
  return output.toString();
}

export const LUMI_O: SeedDocument = {
  title: "LUMI-O",
  provider: "lumi-o",
  prepare: async (site) => {
    await bucketWith(site, OWN, SHARED, "out.json", "upload.json", "data");
    await bucketWith(site, OWN, DATA, "data", "other");
    await bucketWith(site, OWN, PLAIN, "a.txt", "b.txt");
    await bucketWith(site, OWN, ACLS, "a.txt", "b.txt");
  },
  rows: [
    row("session.client('s3') – would fetch the buckets of project 465000001", async (site) => {
      const buckets = JSON.stringify(fieldOf(await site.boto(OWN, "list_buckets"), "Buckets"));
      assert.ok(buckets.includes(`"${PLAIN}"`));
    }),
    row("would fetch the buckets of project 465000001 – and of no other", async (site) => {
      const buckets = JSON.stringify(fieldOf(await site.boto(OTHER, "list_buckets"), "Buckets"));
      assert.ok(!buckets.includes(PLAIN));
    }),
    row("By default created objects are private", async (site) => {
      assert.equal(await readAnonymously(site, `/${PLAIN}/a.txt`), 403);
      await assert.rejects(byS3cmd(site, OTHER, at(PLAIN), "a.txt"));
    }),
    row("s3cmd setpolicy policy.json s3://<bucket_name>/", async (site) => {
      const file = site.file("policy.json", JSON.stringify(FULL_POLICY));
      await site.s3cmd(OWN, "setpolicy", file, `s3://${SHARED}/`);
    }),
    row(
      "aws s3api put-bucket-policy --bucket <bucket_name> --policy file://policy.json",
      async (site) => {
        const file = site.file("policy.json", JSON.stringify(FULL_POLICY));
        const put = [
          "s3api",
          "put-bucket-policy",
          "--bucket",
          SHARED,
          "--policy",
          `file://${file}`,
        ];
        await site.aws(OWN, ...put);
      },
    ),
    row("s3cmd info s3://<bucket_name>", async (site) => {
      assert.match(
        await site.s3cmd(OWN, "info", `s3://${SHARED}`),
        /fortheauthenticated\/out\.json/,
      );
    }),
    row("aws s3api get-bucket-policy --bucket <bucket_name>", async (site) => {
      assert.match(
        await site.aws(OWN, "s3api", "get-bucket-policy", "--bucket", SHARED),
        /out\.json/,
      );
    }),
    row(
      "Download the object out.json from our bucket called fortheauthenticated – s3cmd",
      async (site) => {
        await byS3cmd(site, OTHER, at(SHARED), "out.json");
      },
    ),
    row(
      "List all objects in the fortheauthenticated bucket – s3cmd ls s3://<proj_id>:<bucket>/",
      async (site) => {
        assert.match(await site.s3cmd(OTHER, "ls", `s3://${at(SHARED)}/`), /out\.json/);
      },
    ),
    row("Create/modify (by overwriting) to the upload.json object – s3cmd", async (site) => {
      await putByS3cmd(site, OTHER, at(SHARED), "upload.json");
      assert.equal(await textOf(site, OWN, SHARED, "upload.json"), "new");
    }),
    row('rclone ls lumi-465000001:"<proj_id>:<bucket>"', async (site) => {
      assert.match(await site.rclone(OTHER, "ls", `lumi_${OTHER}:${at(SHARED)}`), /out\.json/);
    }),
    row("The full policy – and nothing else", async (site) => {
      await assert.rejects(byS3cmd(site, OTHER, at(SHARED), "data"), /403|AccessDenied/);
      await assert.rejects(byS3cmd(site, OTHER, at(SHARED), "upload.json"), /403|AccessDenied/);
      await assert.rejects(putByS3cmd(site, OTHER, at(SHARED), "out.json"), /403|AccessDenied/);
      await assert.rejects(
        site.s3cmd(OTHER, "del", `s3://${at(SHARED)}/out.json`),
        /403|AccessDenied/,
      );
      assert.equal(await textOf(site, OWN, SHARED, "out.json"), "out.json");
    }),
    row("The full policy – not without credentials", async (site) => {
      assert.equal(await readAnonymously(site, `/${SHARED}/out.json`), 403);
      denied(await site.anonymous("GET", `/${at(SHARED)}/out.json`));
    }),
    row("fetch <bucket> from your own project not proj_id", async (site) => {
      const named = { Bucket: SHARED, Key: "out.json" };
      await assert.rejects(site.boto(OTHER, "get_object", named), /404 NoSuchBucket/);
    }),
    row(
      "For public objects the above two URLs are equivalent. – with a key, the project must be named",
      async (site) => {
        await site.boto(OTHER, "create_bucket", { Bucket: PLAIN });
        await site.boto(OTHER, "put_object", { Bucket: PLAIN, Key: "a.txt", Body: "other" });
        assert.equal(await textOf(site, OTHER, PLAIN, "a.txt"), "other");
        assert.equal(await textOf(site, OWN, PLAIN, "a.txt"), "a.txt");
      },
    ),
    row(
      "the project id owning the bucket has to be included … when generating the signature. – curl",
      async (site) => {
        assert.equal(await curl(site, OTHER, at(SHARED), "out.json"), "200");
      },
    ),
    row("Don't use curl unless you have to – no more by curl", async (site) => {
      assert.equal(await curl(site, OTHER, at(SHARED), "data"), "403");
      assert.equal(await curl(site, OTHER, at(PLAIN), "a.txt"), "403");
    }),
    row("curl – one's own bucket", async (site) => {
      assert.equal(await curl(site, OWN, PLAIN, "a.txt"), "200");
    }),
    row("Another potentially useful policy is a restriction on incoming IP:s", async (site) => {
      await putPolicy(site, OWN, DATA, dataFrom("127.0.0.0/8"));
      const put = await site.anonymous("PUT", `/${DATA}/data-new`, "new", publicHost(site));
      answered(put, 200);
      assert.equal(await textOf(site, OWN, DATA, "data-new"), "new");
    }),
    row("to upload objects starting with data … (but not download or list them)", async (site) => {
      const host = publicHost(site);
      denied(await site.anonymous("GET", `/${DATA}/data`, "", host));
      denied(await site.anonymous("GET", `/${DATA}`, "", host));
      denied(await site.anonymous("DELETE", `/${DATA}/data`, "", host));
      denied(await site.anonymous("PUT", `/${DATA}/other`, "new", host));
    }),
    row("allow any one connecting from – and nobody from elsewhere", async (site) => {
      await putPolicy(site, OWN, DATA, dataFrom("192.0.2.0/24"));
      denied(await site.anonymous("PUT", `/${DATA}/data`, "new", publicHost(site)));
      await refused(
        site.boto(OTHER, "put_object", { Bucket: "elsewhere", Key: "data", Body: "" }).catch(() => {
          throw new Error("403: no such bucket of its own");
        }),
      );
    }),
    row("s3cmd delpolicy s3://<bucket>", async (site) => {
      await site.s3cmd(OWN, "delpolicy", `s3://${DATA}`);
      await assert.rejects(
        site.boto(OWN, "get_bucket_policy", { Bucket: DATA }),
        /NoSuchBucketPolicy/,
      );
    }),
    row("aws s3api delete-bucket-policy --bucket <bucket_name>", async (site) => {
      await site.aws(OWN, "s3api", "delete-bucket-policy", "--bucket", SHARED);
      await assert.rejects(byS3cmd(site, OTHER, at(SHARED), "out.json"));
    }),
    row("s3cmd setacl --recursive --acl-public s3://<bucket_name>/", async (site) => {
      await site.s3cmd(OWN, "setacl", "--recursive", "--acl-public", `s3://${ACLS}/`);
      assert.equal(await readAnonymously(site, `/${ACLS}/a.txt`), 200);
    }),
    row(
      "Public buckets / objects are available using the url https://<proj_id><bucket>/<object>",
      async (site) => {
        const reply = await site.anonymous("GET", `/${ACLS}/a.txt`, "", publicHost(site));
        answered(reply, 200, "a.txt");
      },
    ),
    row(
      "the format <proj_id>:<bucket>/<object> – For public objects the above two URLs are equivalent.",
      async (site) => {
        answered(await site.anonymous("GET", `/${at(ACLS)}/a.txt`), 200, "a.txt");
      },
    ),
    row("readable by everyone – by another project's key, too", async (site) => {
      await byS3cmd(site, OTHER, at(ACLS), "a.txt");
    }),
    row(
      "using invalid credentials will lead to an access denied even for public objects.",
      async (site) => {
        const { accessKey } = site.keyOf(OTHER);
        for (const key of [accessKey, "AKNOBODY000000000000"]) {
          const url = `${site.endpoint}/${at(ACLS)}/a.txt`;
          const date = new Date().toUTCString();
          denied(
            await probe("GET", url, {
              date,
              authorization: `AWS ${key}:AAAAAAAAAAAAAAAAAAAAAAAAAAA=`,
            }),
          );
        }
      },
    ),
    row("s3cmd setacl --recursive --acl-private s3://<bucket_name>", async (site) => {
      await site.s3cmd(OWN, "setacl", "--recursive", "--acl-private", `s3://${ACLS}`);
      assert.equal(await readAnonymously(site, `/${ACLS}/a.txt`), 403);
      assert.equal(await readAnonymously(site, `/${ACLS}`), 403);
    }),
    row(
      "s3cmd setacl --acl-public s3://<bucket_name>/ – Only possible to list the objects but not download them.",
      async (site) => {
        await site.s3cmd(OWN, "setacl", "--acl-public", `s3://${ACLS}/`);
        assert.equal(await readAnonymously(site, `/${ACLS}`), 200);
        assert.equal(await readAnonymously(site, `/${ACLS}/a.txt`), 403);
      },
    ),
    row("aws s3api put-bucket-acl --acl private --bucket <bucket_name>", async (site) => {
      await site.aws(OWN, "s3api", "put-bucket-acl", "--acl", "private", "--bucket", ACLS);
      assert.equal(await readAnonymously(site, `/${ACLS}`), 403);
    }),
    row("aws s3api put-bucket-acl --acl public-read --bucket <bucket_name>", async (site) => {
      await site.aws(OWN, "s3api", "put-bucket-acl", "--acl", "public-read", "--bucket", ACLS);
      assert.equal(await readAnonymously(site, `/${ACLS}`), 200);
      await site.boto(OWN, "put_bucket_acl", { Bucket: ACLS, ACL: "private" });
    }),
    row(
      "aws s3api put-object-acl --acl public-read --bucket <bucket_name> --key <object_name> – files / object can be retrieved …, but it's not possible to list the content",
      async (site) => {
        const key = ["--bucket", ACLS, "--key", "a.txt"];
        await site.aws(OWN, "s3api", "put-object-acl", "--acl", "public-read", ...key);
        assert.equal(await readAnonymously(site, `/${ACLS}/a.txt`), 200);
        assert.equal(await readAnonymously(site, `/${ACLS}/b.txt`), 403);
        assert.equal(await readAnonymously(site, `/${ACLS}`), 403);
      },
    ),
    row(
      "aws s3api put-object-acl --acl private --bucket <bucket_name> --key <object_name>",
      async (site) => {
        const key = ["--bucket", ACLS, "--key", "a.txt"];
        await site.aws(OWN, "s3api", "put-object-acl", "--acl", "private", ...key);
        assert.equal(await readAnonymously(site, `/${ACLS}/a.txt`), 403);
      },
    ),
    row(
      "ACL:s are not inherited, e.g new objects created in a bucket with an ACL will not have any ACLs.",
      async (site) => {
        await site.boto(OWN, "put_bucket_acl", { Bucket: ACLS, ACL: "public-read" });
        await site.boto(OWN, "put_object", { Bucket: ACLS, Key: "new.txt", Body: "new" });
        assert.equal(await readAnonymously(site, `/${ACLS}/new.txt`), 403);
        assert.equal(await readAnonymously(site, `/${ACLS}`), 200);
        await site.boto(OWN, "put_bucket_acl", { Bucket: ACLS, ACL: "private" });
      },
    ),
    row("the same goes for s3cmd put -P", async (site) => {
      await site.s3cmd(OWN, "put", "-P", site.file("body", "new"), `s3://${ACLS}/public.txt`);
      assert.equal(await readAnonymously(site, `/${ACLS}/public.txt`), 200);
    }),
    row(
      "The lumi-pub rlcone remotes … uses acl settings to make created objects and buckets public",
      async (site) => {
        const remote = `lumi_${OWN},acl=public-read:lumi-pub`;
        await site.rclone(OWN, "copyto", site.file("body", "new"), `${remote}/a.txt`);
        assert.equal(await readAnonymously(site, "/lumi-pub/a.txt"), 200);
      },
    ),
    row(
      "s3cmd setacl --recursive --acl-grant=read:'<proj_id>$<proj_id>' s3://<bucket_name>/ – Would grant read access to all objects",
      async (site) => {
        const grant = `--acl-grant=read:${OTHER}$${OTHER}`;
        await site.s3cmd(OWN, "setacl", "--recursive", grant, `s3://${ACLS}/`);
        await byS3cmd(site, OTHER, at(ACLS), "b.txt");
        assert.equal(await readAnonymously(site, `/${ACLS}/b.txt`), 403);
      },
    ),
    row(
      "Permissions granted with --acl-grant are not revoked automatically when running --acl-private",
      async (site) => {
        await site.s3cmd(OWN, "setacl", "--recursive", "--acl-private", `s3://${ACLS}/`);
        await byS3cmd(site, OTHER, at(ACLS), "b.txt");
      },
    ),
    row("they have to be explicitly removed with --acl-revoke", async (site) => {
      const revoke = `--acl-revoke=read:${OTHER}$${OTHER}`;
      await site.s3cmd(OWN, "setacl", "--recursive", revoke, `s3://${ACLS}/`);
      await assert.rejects(byS3cmd(site, OTHER, at(ACLS), "b.txt"));
    }),
    row(
      "aws s3api put-object-acl --grant-read id='<proj_id>$<proj_id>' --bucket <bucket_name> --key <object_name>",
      async (site) => {
        const key = ["--bucket", ACLS, "--key", "b.txt"];
        await site.aws(
          OWN,
          "s3api",
          "put-object-acl",
          "--grant-read",
          `id=${OTHER}$${OTHER}`,
          ...key,
        );
        await byS3cmd(site, OTHER, at(ACLS), "b.txt");
      },
    ),
    row(
      "aws s3api put-bucket-acl --bucket <bucket_name> --grant-read id='<proj_id>$<proj_id>'",
      async (site) => {
        const grant = ["--grant-read", `id=${OTHER}$${OTHER}`];
        await site.aws(OWN, "s3api", "put-bucket-acl", "--bucket", ACLS, ...grant);
        assert.match(await site.s3cmd(OTHER, "ls", `s3://${at(ACLS)}/`), /a\.txt/);
      },
    ),
    row(
      "aws s3api put-bucket-acl --bucket <bucket_name> --acl authenticated-read – all authenticated users of LUMI-O, the bucket itself not any of the objects",
      async (site) => {
        await site.aws(
          OWN,
          "s3api",
          "put-bucket-acl",
          "--bucket",
          ACLS,
          "--acl",
          "authenticated-read",
        );
        assert.match(await site.s3cmd(OTHER, "ls", `s3://${at(ACLS)}/`), /a\.txt/);
        await assert.rejects(byS3cmd(site, OTHER, at(ACLS), "a.txt"));
        assert.equal(await readAnonymously(site, `/${ACLS}`), 403);
      },
    ),
    row("s3cmd info s3://<bucket_name>/<optional_object_name>", async (site) => {
      assert.match(await site.s3cmd(OWN, "info", `s3://${ACLS}/a.txt`), /ACL:/);
    }),
    row("aws s3api get-bucket-acl --bucket <bucket_name>", async (site) => {
      assert.match(await site.aws(OWN, "s3api", "get-bucket-acl", "--bucket", ACLS), /Grants/);
    }),
    row("aws s3api get-object-acl --bucket <bucket_name> --key <object_name>", async (site) => {
      const key = ["--bucket", ACLS, "--key", "a.txt"];
      assert.match(await site.aws(OWN, "s3api", "get-object-acl", ...key), /Grants/);
    }),
    row("s3cmd signurl s3://<bucket_name>/<object_name> <unix_epoch_time>", async (site) => {
      const end = String(Math.floor(Date.now() / 1000) + 600);
      const url = (await site.s3cmd(OWN, "signurl", `s3://${PLAIN}/a.txt`, end)).trim();
      answered(await probe("GET", url), 200, "a.txt");
      denied(await probe("GET", url.replace("a.txt", "b.txt")));
      denied(await probe("PUT", url, {}, "new"));
    }),
    row("access link that is valid until the given unix epoch time", async (site) => {
      const url = (await site.s3cmd(OWN, "signurl", `s3://${PLAIN}/a.txt`, "1700000000")).trim();
      denied(await probe("GET", url));
    }),
    row(
      's3cmd signurl … $(echo "`date +%s` + 3600 * <nbr_of_hours>" | bc) – as far ahead as one likes',
      async (site) => {
        const end = String(Math.floor(Date.now() / 1000) + 3600 * 24 * 365);
        const url = (await site.s3cmd(OWN, "signurl", `s3://${PLAIN}/a.txt`, end)).trim();
        answered(await probe("GET", url), 200, "a.txt");
      },
    ),
    row("aws s3 presign s3://<bucket_name>/<object_name> --expires-in <seconds>", async (site) => {
      const sign = ["s3", "presign", `s3://${PLAIN}/a.txt`, "--expires-in", "600"];
      answered(await probe("GET", (await site.aws(OWN, ...sign)).trim()), 200, "a.txt");
    }),
    row(
      'generate_presigned_url(ClientMethod="put_object") – curl -X PUT -T file.txt "<generated url>"',
      async (site) => {
        const url = await linkOf(site, OWN, "put_object", { Bucket: PLAIN, Key: "file.txt" }, 1000);
        const file = site.file("file.txt", "by curl");
        const put = ["-s", "-w", "%{http_code}", "-X", "PUT", "-T", file, url];
        const { output } = await runProgram("curl", put);
        assert.equal(output.toString(), "200");
        assert.equal(await textOf(site, OWN, PLAIN, "file.txt"), "by curl");
      },
    ),
    row(
      "an URL which allows time-limited upload for a specific object (key) – and for no other",
      async (site) => {
        const url = await linkOf(site, OWN, "put_object", { Bucket: PLAIN, Key: "file.txt" }, 1000);
        denied(await probe("PUT", url.replace("file.txt", "other.txt"), {}, "no"));
        denied(await probe("DELETE", url));
        denied(await probe("GET", url));
        assert.ok(!(await keysIn(site, OWN, PLAIN)).includes("other.txt"));
      },
    ),
    row(
      "operations … will complete successfully …, e.g object locks, but will actually have no effect – are refused here",
      async (site) => {
        const lock = { ObjectLockConfiguration: { ObjectLockEnabled: "Enabled" } };
        await assert.rejects(
          site.boto(OWN, "put_object_lock_configuration", { Bucket: PLAIN, ...lock }),
          /501 NotImplemented/,
        );
      },
    ),
    row(
      "any other member of your LUMI project could accidentally delete it – the project's key may all",
      async (site) => {
        await site.boto(OWN, "delete_object", { Bucket: PLAIN, Key: "b.txt" });
      },
    ),
    row("It's possible to lock yourself out from your own data", async (site) => {
      const Statement = [
        {
          Effect: "Deny",
          Principal: "*",
          Action: "s3:*",
          Resource: [`arn:aws:s3:::${DATA}`, `arn:aws:s3:::${DATA}/*`],
        },
      ];
      const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
      await assert.rejects(
        site.boto(OWN, "put_bucket_policy", { Bucket: DATA, Policy }),
        /MalformedPolicy/,
      );
      await site.boto(OWN, "put_bucket_policy", {
        Bucket: DATA,
        Policy,
        ConfirmRemoveSelfBucketAccess: true,
      });
      await refused(site.boto(OWN, "get_object", { Bucket: DATA, Key: "data" }));
    }),
    row(
      "presigned urls will become invalid when the access key used for the signing expires.",
      async (site) => {
        const one = await linkOf(
          site,
          OWN,
          "get_object",
          { Bucket: PLAIN, Key: "a.txt" },
          600,
          "s3v4",
        );
        const two = await linkOf(
          site,
          OWN,
          "get_object",
          { Bucket: PLAIN, Key: "a.txt" },
          600,
          "s3",
        );
        answered(await probe("GET", one), 200, "a.txt");
        await site.revoke(OWN);
        denied(await probe("GET", one));
        denied(await probe("GET", two));
      },
    ),
  ],
};
