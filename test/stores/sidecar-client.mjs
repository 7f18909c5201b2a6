// An application of the SDK for JavaScript, that runs on: for each line that comes, which names a key,
// it writes that key, reads it, and says what it has read. It has no key of its own.
import { createInterface } from "node:readline";
import * as s3 from "@aws-sdk/client-s3";

const client = new s3.S3Client({ forcePathStyle: true });
const Bucket = "of-the-application";
for await (const Key of createInterface({ input: process.stdin })) {
  await client.send(new s3.PutObjectCommand({ Bucket, Key, Body: `the text of ${Key}` }));
  const { Body } = await client.send(new s3.GetObjectCommand({ Bucket, Key }));
  console.log(await Body.transformToString());
}
