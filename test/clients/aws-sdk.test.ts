import { createReadStream } from "node:fs";
import { Agent } from "node:http";
import type { LookupFunction } from "node:net";
import { Readable } from "node:stream";
import * as s3 from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { compareDays } from "./compare.ts";
import { FOX, ODD_KEYS, REGION, sha256, type Facts, type Site } from "./day.ts";
import { CORS_RULE, LIFECYCLE_RULE, openPolicy } from "./documents.ts";
import {
  anonymousStatus,
  postForm,
  preflight,
  probe,
  seen,
  stored,
  tamper,
  unquoted,
} from "./probe.ts";
import { runSteps, type Steps } from "./steps.ts";

const STEPS: Steps = {
  "creates a bucket": async (site) => {
    await clientOf(site).send(new s3.CreateBucketCommand({ Bucket: site.bucket }));
    return {};
  },
  "puts an object": async (site) => {
    const command = new s3.PutObjectCommand({
      Bucket: site.bucket,
      Key: "fox",
      Body: FOX,
      ContentType: "text/plain",
      Metadata: { colour: "blue" },
    });
    const reply = await clientOf(site).send(command);
    return { etag: unquoted(reply.ETag) };
  },
  "gets an object": async (site) => {
    const reply = await get(site, "fox");
    const bytes = (await reply.Body?.transformToByteArray()) ?? [];
    return { sha256: sha256(Buffer.from(bytes)), ...described(reply) };
  },
  "heads an object": async (site) => {
    const reply = await head(site, "fox");
    return { size: reply.ContentLength ?? -1, ...described(reply) };
  },
  "gets a range": async (site) => ({ text: await textOf(site, "fox", { Range: "bytes=4-8" }) }),
  "gets the last bytes": async (site) => ({
    text: await textOf(site, "fox", { Range: "bytes=-3" }),
  }),
  "gets an unsatisfiable range": async (site) => ({
    text: await textOf(site, "fox", { Range: "bytes=100-200" }),
  }),
  "gets a missing key": async (site) => ({ text: await textOf(site, "missing") }),
  "gets from a missing bucket": async (site) => ({
    text: await textOf(site, "fox", { Bucket: "no-such-bucket" }),
  }),
  "gets unless unchanged": async (site) => ({
    text: await textOf(site, "fox", { IfNoneMatch: (await head(site, "fox")).ETag }),
  }),
  "puts an empty object": async (site) => {
    await put(site, "empty", "");
    return { size: (await head(site, "empty")).ContentLength ?? -1 };
  },
  "keeps odd keys": async (site) => {
    for (const key of ODD_KEYS) await put(site, key, key);
    const listed = await keysBelow(site, "");
    const wrong: string[] = [];
    for (const key of ODD_KEYS) {
      if (!listed.includes(key) || (await textOf(site, key)) !== key) wrong.push(key);
    }
    return { wrong };
  },
  "lists in pages": async (site) => {
    for (let page = 0; page < 5; page++) await put(site, `page/${page}`);
    const keys: string[] = [];
    let pages = 0;
    const input = { Bucket: site.bucket, Prefix: "page/" };
    for await (const page of s3.paginateListObjectsV2(
      { client: clientOf(site), pageSize: 2 },
      input,
    )) {
      keys.push(...(page.Contents ?? []).map((item) => item.Key ?? ""));
      pages++;
    }
    return { keys, pages };
  },
  "lists with a delimiter": async (site) => {
    await put(site, "tree/leaf");
    await put(site, "tree/branch/leaf");
    const reply = await clientOf(site).send(
      new s3.ListObjectsV2Command({ Bucket: site.bucket, Prefix: "tree/", Delimiter: "/" }),
    );
    return {
      keys: (reply.Contents ?? []).map((item) => item.Key ?? ""),
      prefixes: (reply.CommonPrefixes ?? []).map((item) => item.Prefix ?? ""),
    };
  },
  "copies an object": async (site) => {
    await clientOf(site).send(
      new s3.CopyObjectCommand({
        Bucket: site.bucket,
        Key: "copy of fox",
        CopySource: `${site.bucket}/fox`,
      }),
    );
    return { text: await textOf(site, "copy of fox") };
  },
  "copies with new metadata": async (site) => {
    await clientOf(site).send(
      new s3.CopyObjectCommand({
        Bucket: site.bucket,
        Key: "green",
        CopySource: `${site.bucket}/copy%20of%20fox`,
        MetadataDirective: "REPLACE",
        Metadata: { colour: "green" },
      }),
    );
    return described(await head(site, "green"));
  },
  "uploads 64 MB in parts": async (site) => {
    const upload = new Upload({
      client: clientOf(site),
      params: { Bucket: site.bucket, Key: "large", Body: createReadStream(site.large) },
      partSize: 16 * 1024 * 1024,
      queueSize: 2,
    });
    const done = await upload.done();
    const bytes = Buffer.from(
      (await (await get(site, "large")).Body?.transformToByteArray()) ?? [],
    );
    return {
      etag: unquoted(done.ETag),
      size: bytes.length,
      intact: sha256(bytes) === site.largeSha256,
      located: done.Location === `${site.endpoint}/${site.bucket}/large`,
    };
  },
  "copies a part": async (site) => {
    const at = { Bucket: site.bucket, Key: "part" };
    const client = clientOf(site);
    const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand(at));
    const copied = await client.send(
      new s3.UploadPartCopyCommand({
        ...at,
        UploadId,
        PartNumber: 1,
        CopySource: `${site.bucket}/fox`,
        CopySourceRange: "bytes=4-8",
      }),
    );
    const Parts = [{ PartNumber: 1, ETag: copied.CopyPartResult?.ETag }];
    await client.send(
      new s3.CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }),
    );
    return { text: await textOf(site, "part") };
  },
  "aborts a multipart upload": async (site) => {
    const at = { Bucket: site.bucket, Key: "aborted" };
    const client = clientOf(site);
    const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand(at));
    await client.send(new s3.UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: FOX }));
    const { Parts } = await client.send(new s3.ListPartsCommand({ ...at, UploadId }));
    const before = await uploadsIn(site);
    await client.send(new s3.AbortMultipartUploadCommand({ ...at, UploadId }));
    return { parts: Parts?.length ?? 0, before, after: await uploadsIn(site) };
  },
  "uploads a stream": async (site) => {
    const Body = Readable.from([Buffer.from(FOX)], { objectMode: false });
    const at = { Bucket: site.bucket, Key: "stream" };
    await clientOf(site).send(new s3.PutObjectCommand({ ...at, Body, ContentLength: FOX.length }));
    const { ContentEncoding } = await head(site, "stream");
    return { text: await textOf(site, "stream"), encoding: ContentEncoding ?? "" };
  },
  "uploads with trailing checksums": async (site) => {
    const wrong: string[] = [];
    let encoding = "";
    for (const ChecksumAlgorithm of Object.values(s3.ChecksumAlgorithm).filter(isComputed)) {
      const Key = `trailer/${ChecksumAlgorithm}`;
      const Body = Readable.from([Buffer.from(FOX)], { objectMode: false });
      const at = { Bucket: site.bucket, Key };
      await clientOf(site).send(
        new s3.PutObjectCommand({ ...at, Body, ContentLength: FOX.length, ChecksumAlgorithm }),
      );
      if ((await textOf(site, Key)) !== FOX) wrong.push(ChecksumAlgorithm);
      encoding += (await head(site, Key)).ContentEncoding ?? "";
    }
    return { wrong, encoding };
  },
  "presigns a GET": async (site) => {
    const command = new s3.GetObjectCommand({ Bucket: site.bucket, Key: "fox" });
    return seen(await probe("GET", await getSignedUrl(clientOf(site), command)));
  },
  "presigns a GET with a response header": async (site) => {
    const command = new s3.GetObjectCommand({
      Bucket: site.bucket,
      Key: "fox",
      ResponseContentDisposition: "attachment",
    });
    const reply = await probe("GET", await getSignedUrl(clientOf(site), command));
    return { ...seen(reply), disposition: String(reply.headers["content-disposition"]) };
  },
  "presigns a PUT": async (site) => {
    const command = new s3.PutObjectCommand({ Bucket: site.bucket, Key: "presigned" });
    const reply = await probe("PUT", await getSignedUrl(clientOf(site), command), {}, FOX);
    return stored(reply, () => textOf(site, "presigned"));
  },
  "tampers with a presigned URL": async (site) => {
    const command = new s3.GetObjectCommand({ Bucket: site.bucket, Key: "fox" });
    return seen(await probe("GET", tamper(await getSignedUrl(clientOf(site), command))));
  },
  "posts a browser form": async (site) => {
    const post = await createPresignedPost(clientOf(site), {
      Bucket: site.bucket,
      Key: "posted/${filename}",
      Conditions: [["content-length-range", 1, 100]],
      Fields: { "Content-Type": "text/plain" },
    });
    const reply = await postForm(post.url, post.fields, FOX);
    return stored(reply, () => textOf(site, "posted/fox.txt"));
  },
  "posts a form against its policy": async (site) => {
    const post = await createPresignedPost(clientOf(site), {
      Bucket: site.bucket,
      Key: "posted/a",
    });
    const reply = await postForm(post.url, { ...post.fields, key: "posted/b" }, FOX);
    return seen(reply);
  },
  "keeps versions": async (site) => keepVersions(site),
  "deletes several objects": async (site) => {
    const Objects = ["page/0", "page/1", "page/2"].map((Key) => ({ Key }));
    const reply = await clientOf(site).send(
      new s3.DeleteObjectsCommand({ Bucket: site.bucket, Delete: { Objects } }),
    );
    return { deleted: (reply.Deleted ?? []).map((item) => item.Key ?? "").sort() };
  },
  "tags an object": async (site) => {
    const at = { Bucket: site.bucket, Key: "fox" };
    const Tagging = { TagSet: [{ Key: "colour", Value: "blue" }] };
    await clientOf(site).send(new s3.PutObjectTaggingCommand({ ...at, Tagging }));
    return tagsOf(await clientOf(site).send(new s3.GetObjectTaggingCommand(at)));
  },
  "tags a bucket": async (site) => {
    const at = { Bucket: site.bucket };
    const Tagging = { TagSet: [{ Key: "colour", Value: "blue" }] };
    await clientOf(site).send(new s3.PutBucketTaggingCommand({ ...at, Tagging }));
    return tagsOf(await clientOf(site).send(new s3.GetBucketTaggingCommand(at)));
  },
  "opens an object by ACL": async (site) => {
    const closed = await anonymousStatus(site, "fox");
    const at = { Bucket: site.bucket, Key: "fox" };
    await clientOf(site).send(new s3.PutObjectAclCommand({ ...at, ACL: "public-read" }));
    const { Grants } = await clientOf(site).send(new s3.GetObjectAclCommand(at));
    const grants = (Grants ?? []).map((grant) => `${grant.Grantee?.Type} ${grant.Permission}`);
    return { closed, open: await anonymousStatus(site, "fox"), grants: grants.sort() };
  },
  "answers a CORS preflight": async (site) => {
    const CORSConfiguration = { CORSRules: [CORS_RULE] };
    const at = { Bucket: site.bucket };
    await clientOf(site).send(new s3.PutBucketCorsCommand({ ...at, CORSConfiguration }));
    const { CORSRules } = await clientOf(site).send(new s3.GetBucketCorsCommand(at));
    const answer = await preflight(site, "fox");
    await clientOf(site).send(new s3.DeleteBucketCorsCommand(at));
    return { ...answer, rules: CORSRules?.length ?? 0 };
  },
  "sets a lifecycle": async (site) => {
    const at = { Bucket: site.bucket };
    const LifecycleConfiguration = { Rules: [LIFECYCLE_RULE] };
    await clientOf(site).send(
      new s3.PutBucketLifecycleConfigurationCommand({ ...at, LifecycleConfiguration }),
    );
    const { Rules } = await clientOf(site).send(new s3.GetBucketLifecycleConfigurationCommand(at));
    await clientOf(site).send(new s3.DeleteBucketLifecycleCommand(at));
    return { days: Rules?.[0]?.Expiration?.Days ?? 0 };
  },
  "opens a prefix by bucket policy": async (site) => {
    const at = { Bucket: site.bucket };
    await put(site, "open/fox");
    const closed = await anonymousStatus(site, "open/fox");
    await clientOf(site).send(
      new s3.PutBucketPolicyCommand({ ...at, Policy: openPolicy(site.bucket) }),
    );
    const { Policy } = await clientOf(site).send(new s3.GetBucketPolicyCommand(at));
    const open = await anonymousStatus(site, "open/fox");
    await clientOf(site).send(new s3.DeleteBucketPolicyCommand(at));
    return { closed, open, kept: Policy === openPolicy(site.bucket) };
  },
  "uses a wrong secret": async (site) => ({
    text: await textOf({ ...site, secretKey: "wrong" }, "fox"),
  }),
  "uses an unknown key": async (site) => ({
    text: await textOf({ ...site, accessKey: "AKNOBODY000000000000" }, "fox"),
  }),
  "finds a bucket by its host name": async (site) => {
    const port = new URL(site.endpoint).port;
    const client = clientOf(site, {
      endpoint: `http://${site.domain}:${port}`,
      forcePathStyle: false,
      requestHandler: { httpAgent: new Agent({ lookup: loopback }) },
    });
    const reply = await client.send(
      new s3.GetObjectCommand({ Bucket: site.bucket, Key: "copy of fox" }),
    );
    return { text: (await reply.Body?.transformToString()) ?? "" };
  },
  "deletes a bucket that is not empty": async (site) => {
    await clientOf(site).send(new s3.DeleteBucketCommand({ Bucket: site.bucket }));
    return {};
  },
  "deletes everything": async (site) => {
    for (const Key of await keysBelow(site, "")) {
      await clientOf(site).send(new s3.DeleteObjectCommand({ Bucket: site.bucket, Key }));
    }
    const left = await keysBelow(site, "");
    await clientOf(site).send(new s3.DeleteBucketCommand({ Bucket: site.bucket }));
    return { left: left.length };
  },
};

async function keepVersions(site: Site): Promise<Facts> {
  const client = clientOf(site);
  const Bucket = `${site.bucket}-versions`;
  const at = { Bucket, Key: "versioned" };
  await client.send(new s3.CreateBucketCommand({ Bucket }));
  await client.send(
    new s3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }),
  );
  const first = await client.send(new s3.PutObjectCommand({ ...at, Body: "one" }));
  await client.send(new s3.PutObjectCommand({ ...at, Body: "two" }));
  await client.send(new s3.DeleteObjectCommand(at));
  const listed = await client.send(new s3.ListObjectVersionsCommand({ Bucket }));
  const old = await client.send(new s3.GetObjectCommand({ ...at, VersionId: first.VersionId }));
  const text = (await old.Body?.transformToString()) ?? "";
  const [versions, markers] = [listed.Versions ?? [], listed.DeleteMarkers ?? []];
  for (const { VersionId } of [...versions, ...markers]) {
    await client.send(new s3.DeleteObjectCommand({ ...at, VersionId }));
  }
  const left = await client.send(new s3.ListObjectVersionsCommand({ Bucket }));
  await client.send(new s3.DeleteBucketCommand({ Bucket }));
  return {
    versions: versions.length,
    old: text,
    markers: markers.length,
    left: left.Versions?.length ?? 0,
  };
}

function clientOf(site: Site, more: s3.S3ClientConfig = {}): s3.S3Client {
  return new s3.S3Client({
    endpoint: site.endpoint,
    region: REGION,
    credentials: { accessKeyId: site.accessKey, secretAccessKey: site.secretKey },
    forcePathStyle: true,
    maxAttempts: 1,
    ...more,
  });
}

/** The SDK names every error; only `$metadata` shows that a 304 has no document. */
function codeOf(error: unknown): string {
  if (!(error instanceof s3.S3ServiceException)) return String(error);
  return error.$metadata.httpStatusCode === 304 ? "304" : error.name;
}

function get(site: Site, Key: string, more: Partial<s3.GetObjectRequest> = {}) {
  return clientOf(site).send(new s3.GetObjectCommand({ Bucket: site.bucket, Key, ...more }));
}

async function textOf(site: Site, key: string, more: Partial<s3.GetObjectRequest> = {}) {
  return (await (await get(site, key, more)).Body?.transformToString()) ?? "";
}

function head(site: Site, Key: string) {
  return clientOf(site).send(new s3.HeadObjectCommand({ Bucket: site.bucket, Key }));
}

function put(site: Site, Key: string, Body: string = FOX) {
  return clientOf(site).send(new s3.PutObjectCommand({ Bucket: site.bucket, Key, Body }));
}

async function keysBelow(site: Site, Prefix: string): Promise<readonly string[]> {
  const reply = await clientOf(site).send(
    new s3.ListObjectsV2Command({ Bucket: site.bucket, Prefix }),
  );
  return (reply.Contents ?? []).map((item) => item.Key ?? "");
}

async function uploadsIn(site: Site): Promise<number> {
  const input = { Bucket: site.bucket };
  const reply = await clientOf(site).send(new s3.ListMultipartUploadsCommand(input));
  return reply.Uploads?.length ?? 0;
}

function described(reply: s3.HeadObjectCommandOutput | s3.GetObjectCommandOutput): Facts {
  return { type: reply.ContentType ?? "", colour: reply.Metadata?.["colour"] ?? "" };
}

function tagsOf(reply: { readonly TagSet: s3.Tag[] | undefined }): Facts {
  return { tags: (reply.TagSet ?? []).map((tag) => `${tag.Key}=${tag.Value}`) };
}

/**
 * Returns true if the SDK computes the algorithm: it names more than it computes without further
 * packages.
 */
function isComputed(algorithm: string): boolean {
  return ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"].includes(algorithm);
}

/** Resolves every name to this machine. */
const loopback: LookupFunction = (_name, _options, found) =>
  found(null, [{ address: "127.0.0.1", family: 4 }]);

/**
 * Runs the current AWS SDK for JavaScript, with its defaults: checksums, and trailers for streams.
 */
compareDays({
  name: "aws-sdk",
  needs: [],
  day: (site) => runSteps(STEPS, codeOf, site),
  cannot: {},
});
