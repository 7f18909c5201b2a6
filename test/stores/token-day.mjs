// Plays a day of the AWS SDK for JavaScript with keys that it gets by itself, as token-day.py does.
import * as s3 from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const Bucket = process.argv[2];
const client = new s3.S3Client({ forcePathStyle: true });
await client.send(new s3.CreateBucketCommand({ Bucket }));
await client.send(new s3.PutObjectCommand({ Bucket, Key: "fox", Body: "The quick brown fox" }));
const got = await client.send(new s3.GetObjectCommand({ Bucket, Key: "fox" }));
const text = await got.Body?.transformToString();
const { Contents = [] } = await client.send(new s3.ListObjectsV2Command({ Bucket }));
await client.send(new s3.DeleteObjectCommand({ Bucket, Key: "fox" }));
await client.send(new s3.DeleteBucketCommand({ Bucket }));
const { Arn: who } = await new STSClient().send(new GetCallerIdentityCommand());
console.log(JSON.stringify({ text, keys: Contents.map(({ Key }) => Key), who }));
