// The day of aws4fetch, which signs requests of fetch(): Cloudflare Workers, Deno, browsers.
import { AwsClient } from "aws4fetch";
import { buffer, json } from "node:stream/consumers";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

const place = await json(process.stdin);
const { endpoint, region, bucket } = place;

function clientOf(accessKeyId, secretAccessKey) {
  // docs: aws4fetch
  const s3 = new AwsClient({
    accessKeyId,
    secretAccessKey,
    region,
    service: "s3",
  });
  // end
  s3.retries = 0;
  return s3;
}

const s3 = clientOf(place.accessKey, place.secretKey);
const reader = clientOf(place.readerAccessKey, place.readerSecretKey);
const at = (key) => `${endpoint}/${bucket}/${encodeURIComponent(key)}`;

class Refused extends Error {}

async function ask(url, init = {}, by = s3) {
  const reply = await by.fetch(url, init);
  if (reply.ok) return reply;
  const text = await reply.text();
  throw new Refused(/<Code>(\w+)</.exec(text)?.[1] ?? String(reply.status));
}

const text = async (key, init = {}, by = s3) => (await ask(at(key), init, by)).text();

async function uploadInParts(key) {
  const begun = await (await ask(`${at(key)}?uploads`, { method: "POST" })).text();
  const id = /<UploadId>([^<]+)</.exec(begun)[1];
  const bytes = await buffer(createReadStream(place.large));
  const parts = [];
  for (let n = 1, from = 0; from < bytes.length; n++, from += 5 << 20) {
    const body = bytes.subarray(from, from + (5 << 20));
    const url = `${at(key)}?partNumber=${n}&uploadId=${encodeURIComponent(id)}`;
    const reply = await ask(url, { method: "PUT", body });
    const etag = reply.headers.get("etag");
    parts.push(`<Part><PartNumber>${n}</PartNumber><ETag>${etag}</ETag></Part>`);
  }
  const body = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
  await (
    await ask(`${at(key)}?uploadId=${encodeURIComponent(id)}`, { method: "POST", body })
  ).text();
}

const steps = {
  "makes a bucket": () => ask(`${endpoint}/${bucket}`, { method: "PUT" }).then(() => ({})),
  "puts an object": async () => {
    const headers = { "content-type": "text/plain", "x-amz-meta-colour": "blue" };
    const reply = await ask(at("fox"), { method: "PUT", body: place.fox, headers });
    return { etag: reply.headers.get("etag") };
  },
  "gets it": async () => {
    const reply = await ask(at("fox"));
    return { text: await reply.text(), colour: reply.headers.get("x-amz-meta-colour") };
  },
  "gets a range": async () => ({ text: await text("fox", { headers: { range: "bytes=4-8" } }) }),
  "keeps odd keys": async () => {
    const odd = ["odd/a b+c", "odd/ä🪣", "odd/q?acl=1&b#c", "odd/%2F", "odd/~!*'();:@,$="];
    for (const key of odd) await ask(at(key), { method: "PUT", body: key });
    const wrong = [];
    for (const key of odd) if ((await text(key)) !== key) wrong.push(key);
    return { wrong };
  },
  "uploads 20 MiB in parts": async () => {
    await uploadInParts("large");
    const bytes = Buffer.from(await (await ask(at("large"))).arrayBuffer());
    return { intact: createHash("sha256").update(bytes).digest("hex") === place.largeSha256 };
  },
  lists: async () => {
    const listed = await (await ask(`${endpoint}/${bucket}?list-type=2&prefix=odd/`)).text();
    return { keys: [...listed.matchAll(/<Key>/g)].length };
  },
  copies: async () => {
    const headers = { "x-amz-copy-source": `/${bucket}/fox` };
    await (await ask(at("copy"), { method: "PUT", headers })).text();
    return { text: await text("copy") };
  },
  "signs a link": async () => {
    const signed = await s3.sign(at("fox"), { aws: { signQuery: true } });
    const reply = await fetch(signed.url);
    return { status: reply.status, text: await reply.text() };
  },
  "gets unless unchanged": async () => {
    const etag = (await ask(at("fox"), { method: "HEAD" })).headers.get("etag");
    return { text: await text("fox", { headers: { "if-none-match": etag } }) };
  },
  "writes only once": async () => {
    const once = { method: "PUT", body: "{}", headers: { "if-none-match": "*" } };
    await ask(at("once"), once);
    await ask(at("once"), once);
    return {};
  },
  "gets a missing key": async () => ({ text: await text("missing") }),
  "reads with a reader's key": async () => ({ text: await text("fox", {}, reader) }),
  "writes with a reader's key": async () => ({
    text: await text("refused", { method: "PUT", body: place.fox }, reader),
  }),
  "deletes with a reader's key": async () => ({
    text: await text("fox", { method: "DELETE" }, reader),
  }),
  "uses a wrong secret": async () => ({
    text: await text("fox", {}, clientOf(place.accessKey, "wrong")),
  }),
  "deletes an object": async () => {
    await ask(at("copy"), { method: "DELETE" });
    return { text: await text("copy") };
  },
};

for (const [step, work] of Object.entries(steps)) {
  let outcome;
  try {
    outcome = { ok: true, ...(await work()) };
  } catch (error) {
    console.error(step, error);
    outcome = { ok: false, code: error instanceof Refused ? error.message : error.name };
  }
  console.log(JSON.stringify({ step, outcome }));
}
