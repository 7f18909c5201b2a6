import { createReadStream, statSync } from "node:fs";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { Client, CopyDestinationOptions, CopySourceOptions, S3Error } from "minio";
import { compareDays } from "./compare.ts";
import { FOX, ODD_KEYS, REGION, sha256, type Facts, type Site } from "./day.ts";
import { openPolicy } from "./documents.ts";
import { anonymousStatus, postForm, probe, seen, stored, tamper, unquoted } from "./probe.ts";
import { runSteps, type Steps } from "./steps.ts";

const STEPS: Steps = {
  "creates a bucket": async (site) => {
    await clientOf(site).makeBucket(site.bucket, REGION);
    return {};
  },
  "puts an object": async (site) => {
    const metadata = { "Content-Type": "text/plain", "X-Amz-Meta-Colour": "blue" };
    const { etag } = await clientOf(site).putObject(site.bucket, "fox", FOX, FOX.length, metadata);
    return { etag: unquoted(etag) };
  },
  "gets an object": async (site) => ({
    sha256: sha256(await buffer(await clientOf(site).getObject(site.bucket, "fox"))),
  }),
  "heads an object": async (site) => {
    const { size, metaData } = await clientOf(site).statObject(site.bucket, "fox");
    return { size, type: `${metaData["content-type"]}`, colour: `${metaData["colour"]}` };
  },
  "gets a range": async (site) => ({ text: await rangeOf(site, 4, 5) }),
  "gets an unsatisfiable range": async (site) => ({ text: await rangeOf(site, 100, 100) }),
  "gets a missing key": async (site) => ({ text: await textOf(site, "missing") }),
  "gets from a missing bucket": async (site) => ({
    text: await textOf({ ...site, bucket: "no-such-bucket" }, "fox"),
  }),
  "puts an empty object": async (site) => {
    await put(site, "empty", "");
    return { size: (await clientOf(site).statObject(site.bucket, "empty")).size };
  },
  "keeps odd keys": async (site) => {
    for (const key of ODD_KEYS) await put(site, key, key);
    const listed = await keysIn(site);
    const wrong: string[] = [];
    for (const key of ODD_KEYS) {
      if (!listed.includes(key) || (await textOf(site, key)) !== key) wrong.push(key);
    }
    return { wrong };
  },
  "lists in pages": async (site) => {
    for (let page = 0; page < 5; page++) await put(site, `page/${page}`);
    const keys: string[] = [];
    let [token, pages] = ["", 0];
    do {
      const page = await clientOf(site).listObjectsV2Query(site.bucket, "page/", token, "", 2, "");
      keys.push(...page.objects.map((object) => object.name ?? ""));
      token = page.nextContinuationToken;
      pages++;
    } while (token !== "" && token !== undefined && pages < 10);
    return { keys, pages };
  },
  "lists with a delimiter": async (site) => {
    await put(site, "tree/leaf");
    await put(site, "tree/branch/leaf");
    const keys: string[] = [];
    const prefixes: string[] = [];
    for await (const item of clientOf(site).listObjectsV2(site.bucket, "tree/", false)) {
      if (item.name !== undefined) keys.push(item.name);
      if (item.prefix !== undefined) prefixes.push(item.prefix);
    }
    return { keys, prefixes };
  },
  "copies an object": async (site) => {
    await clientOf(site).copyObject(site.bucket, "copy of fox", `/${site.bucket}/fox`);
    return { text: await textOf(site, "copy of fox") };
  },
  "copies with new metadata": async (site) => {
    const source = new CopySourceOptions({ Bucket: site.bucket, Object: "copy of fox" });
    const target = new CopyDestinationOptions({
      Bucket: site.bucket,
      Object: "green",
      UserMetadata: { colour: "green" },
      MetadataDirective: "REPLACE",
    });
    await clientOf(site).copyObject(source, target);
    const { metaData } = await clientOf(site).statObject(site.bucket, "green");
    return { colour: `${metaData["colour"]}` };
  },
  "uploads 64 MB in parts": async (site) => {
    const [file, size] = [createReadStream(site.large), statSync(site.large).size];
    const { etag } = await clientOf(site).putObject(site.bucket, "large", file, size);
    const bytes = await buffer(await clientOf(site).getObject(site.bucket, "large"));
    return { etag: unquoted(etag), size: bytes.length, intact: sha256(bytes) === site.largeSha256 };
  },
  "aborts a multipart upload": async (site) => {
    const client = clientOf(site);
    const uploadID = await client.initiateNewMultipartUpload(site.bucket, "aborted", {});
    const before = await uploadsIn(site);
    await client.abortMultipartUpload(site.bucket, "aborted", uploadID);
    return { before, after: await uploadsIn(site) };
  },
  "uploads a stream": async (site) => {
    await clientOf(site).putObject(site.bucket, "stream", Readable.from([Buffer.from(FOX)]));
    return { text: await textOf(site, "stream") };
  },
  "presigns a GET": async (site) => seen(await probe("GET", await presigned(site))),
  "presigns a GET with a response header": async (site) => {
    const more = { "response-content-disposition": "attachment" };
    const reply = await probe("GET", await presigned(site, more));
    return { ...seen(reply), disposition: String(reply.headers["content-disposition"]) };
  },
  "presigns a PUT": async (site) => {
    const url = await clientOf(site).presignedPutObject(site.bucket, "presigned", 600);
    const reply = await probe("PUT", url, { "content-length": FOX.length }, FOX);
    return stored(reply, () => textOf(site, "presigned"));
  },
  "tampers with a presigned URL": async (site) =>
    seen(await probe("GET", tamper(await presigned(site)))),
  "posts a browser form": async (site) => {
    const { postURL, formData } = await formOf(site, "posted/fox.txt");
    const reply = await postForm(postURL, formData, FOX);
    return stored(reply, () => textOf(site, "posted/fox.txt"));
  },
  "posts a form against its policy": async (site) => {
    const { postURL, formData } = await formOf(site, "posted/a");
    return seen(await postForm(postURL, { ...formData, key: "posted/b" }, FOX));
  },
  "keeps versions": (site) => keepVersions({ ...site, bucket: `${site.bucket}-versions` }),
  "deletes several objects": async (site) => {
    await clientOf(site).removeObjects(site.bucket, ["page/0", "page/1", "page/2"]);
    return { left: (await keysIn(site)).filter((key) => key.startsWith("page/")) };
  },
  "tags an object": async (site) => {
    await clientOf(site).setObjectTagging(site.bucket, "fox", { colour: "blue" });
    return tagsOf(await clientOf(site).getObjectTagging(site.bucket, "fox"));
  },
  "tags a bucket": async (site) => {
    await clientOf(site).setBucketTagging(site.bucket, { colour: "blue" });
    return tagsOf(await clientOf(site).getBucketTagging(site.bucket));
  },
  "sets a lifecycle": async (site) => {
    const rule = {
      ID: "week",
      Status: "Enabled",
      Filter: { Prefix: "old/" },
      Expiration: { Days: 7 },
    };
    await clientOf(site).setBucketLifecycle(site.bucket, { Rule: [rule] });
    const kept = await clientOf(site).getBucketLifecycle(site.bucket);
    await clientOf(site).removeBucketLifecycle(site.bucket);
    return { days: Number(/"Days":"?(\d+)/.exec(JSON.stringify(kept))?.[1]) };
  },
  "opens a prefix by bucket policy": async (site) => {
    await put(site, "open/fox");
    const closed = await anonymousStatus(site, "open/fox");
    await clientOf(site).setBucketPolicy(site.bucket, openPolicy(site.bucket));
    const kept = (await clientOf(site).getBucketPolicy(site.bucket)) === openPolicy(site.bucket);
    const open = await anonymousStatus(site, "open/fox");
    await clientOf(site).setBucketPolicy(site.bucket, "");
    return { closed, open, kept };
  },
  "uses a wrong secret": async (site) => ({
    text: await textOf({ ...site, secretKey: "wrong" }, "fox"),
  }),
  "uses an unknown key": async (site) => ({
    text: await textOf({ ...site, accessKey: "AKNOBODY000000000000" }, "fox"),
  }),
  "deletes a bucket that is not empty": async (site) => {
    await clientOf(site).removeBucket(site.bucket);
    return {};
  },
  "deletes everything": async (site) => {
    for (const key of await keysIn(site)) await clientOf(site).removeObject(site.bucket, key);
    const left = (await keysIn(site)).length;
    await clientOf(site).removeBucket(site.bucket);
    return { left };
  },
};

/** Runs MinIO's client for JavaScript, which signs the digest of every body and no chunks. */
compareDays({
  name: "minio",
  needs: [],
  day: (site) => runSteps(STEPS, codeOf, site),
  cannot: {
    "gets the last bytes": "counts ranges from the start",
    "gets unless unchanged": "sends conditions with copies only",
    "copies a part": "copies parts of objects above 5 GiB only",
    "uploads with trailing checksums": "knows no trailers",
    "opens an object by ACL": "has no ACLs",
    "answers a CORS preflight": "has no CORS",
    "finds a bucket by its host name": "needs a resolver that knows the bucket's name",
  },
});

async function keepVersions(site: Site): Promise<Facts> {
  const client = clientOf(site);
  const { bucket } = site;
  await client.makeBucket(bucket, REGION);
  await client.setBucketVersioning(bucket, { Status: "Enabled" });
  const first = await client.putObject(bucket, "versioned", "one");
  await client.putObject(bucket, "versioned", "two");
  await client.removeObject(bucket, "versioned");
  const versionId = first.versionId ?? "";
  const old = await text(await client.getObject(bucket, "versioned", { versionId }));
  const listed = await versionsIn(site);
  for (const one of listed) await client.removeObject(bucket, "versioned", { versionId: one.id });
  const left = (await versionsIn(site)).length;
  await client.removeBucket(bucket);
  const markers = listed.filter((one) => one.marker).length;
  return { versions: listed.length - markers, markers, old, left };
}

async function versionsIn(site: Site) {
  const versions: { id: string; marker: boolean }[] = [];
  const options = { IncludeVersion: true };
  for await (const item of clientOf(site).listObjects(site.bucket, "", true, options)) {
    versions.push({ id: item.versionId ?? "", marker: item.isDeleteMarker === true });
  }
  return versions;
}

function clientOf(site: Site): Client {
  const { hostname, port } = new URL(site.endpoint);
  return new Client({
    endPoint: hostname,
    port: Number(port),
    useSSL: false,
    region: REGION,
    accessKey: site.accessKey,
    secretKey: site.secretKey,
    pathStyle: true,
  });
}

function codeOf(error: unknown): string {
  return error instanceof S3Error ? `${error.code}` : String(error);
}

async function put(site: Site, key: string, content = FOX): Promise<void> {
  await clientOf(site).putObject(site.bucket, key, content);
}

async function textOf(site: Site, key: string): Promise<string> {
  return text(await clientOf(site).getObject(site.bucket, key));
}

async function rangeOf(site: Site, offset: number, length: number): Promise<string> {
  return text(await clientOf(site).getPartialObject(site.bucket, "fox", offset, length));
}

async function keysIn(site: Site): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const item of clientOf(site).listObjectsV2(site.bucket, "", true)) {
    keys.push(item.name ?? "");
  }
  return keys;
}

async function uploadsIn(site: Site): Promise<number> {
  let count = 0;
  for await (const _ of clientOf(site).listIncompleteUploads(site.bucket, "", true)) count++;
  return count;
}

async function presigned(site: Site, headers: Record<string, string> = {}): Promise<string> {
  return clientOf(site).presignedGetObject(site.bucket, "fox", 600, headers);
}

async function formOf(site: Site, key: string) {
  const policy = clientOf(site).newPostPolicy();
  policy.setBucket(site.bucket);
  policy.setKey(key);
  policy.setExpires(new Date(Date.now() + 600_000));
  policy.setContentLengthRange(1, 100);
  return clientOf(site).presignedPostPolicy(policy);
}

function tagsOf(tags: readonly { readonly Key: string; readonly Value: string }[]): Facts {
  return { tags: tags.map((tag) => `${tag.Key}=${tag.Value}`) };
}
