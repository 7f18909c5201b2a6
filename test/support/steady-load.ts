import { randomBytes, randomInt } from "node:crypto";
import type { TestContext } from "node:test";
import * as s3 from "@aws-sdk/client-s3";

/**
 * Clients that put objects and get them back, one request after another, until they are stopped.
 */
export type SteadyLoad = {
  /** Returns the number of requests that have succeeded so far. */
  readonly done: () => number;
  /** Stops the clients; resolves with the failures, in the clients' words. */
  readonly stop: () => Promise<readonly string[]>;
};

const SIZE_MAX = 100_000;

/**
 * Starts one loop for each client. Every object that comes back is compared with the one that was
 * put. `reads`: the number of times to ask for an object whose body breaks off. The SDK leaves that
 * to its callers, and every program for files (aws, boto3's download_file, rclone) does it.
 * Requests themselves are tried as often as each client's own options say.
 */
export function startSteadyLoad(
  t: TestContext,
  clients: readonly s3.S3Client[],
  reads = 1,
): SteadyLoad {
  const failures: string[] = [];
  let done = 0;
  const stopping = new AbortController();
  const loop = async (client: s3.S3Client, index: number): Promise<void> => {
    while (!stopping.signal.aborted) {
      const object = { Bucket: "bucket", Key: `client ${index}/${randomInt(10)}` };
      const body = randomBytes(randomInt(SIZE_MAX));
      try {
        await client.send(new s3.PutObjectCommand({ ...object, Body: body }));
        done++;
        const got = await read(client, object, reads);
        if (got === undefined || !body.equals(got))
          failures.push("what came back is not what went");
        done++;
      } catch (error) {
        failures.push(String(error));
      }
    }
    client.destroy();
  };
  const loops = clients.map(loop);
  const stop = async (): Promise<readonly string[]> => {
    stopping.abort();
    await Promise.all(loops);
    return failures;
  };
  t.after(stop);
  return { done: () => done, stop };
}

async function read(
  client: s3.S3Client,
  object: { readonly Bucket: string; readonly Key: string },
  reads: number,
): Promise<Uint8Array | undefined> {
  try {
    const answer = await client.send(new s3.GetObjectCommand(object));
    return await answer.Body?.transformToByteArray();
  } catch (error) {
    if (reads === 1) throw error;
    return read(client, object, reads - 1);
  }
}
