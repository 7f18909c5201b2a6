import { PYARROW } from "./pyarrow.ts";
import { S3FS } from "./s3fs.ts";
import { OBSTORE } from "./obstore.ts";
import { POLARS } from "./polars.ts";
import { DUCKDB } from "./duckdb.ts";
import { PYICEBERG } from "./pyiceberg.ts";
import { MOUNTPOINT } from "./mountpoint.ts";
import { BOTO3_CRT } from "./boto3-crt.ts";
import { AWSCLI } from "./awscli.ts";
import { GO_SDK, MINIO_GO } from "./go.ts";
import { JAVA_SDK } from "./java.ts";
import { RUBY_SDK } from "./ruby.ts";
import { RCLONE } from "./rclone.ts";
import { S5CMD } from "./s5cmd.ts";
import { RESTIC } from "./restic.ts";
import { MC } from "./mc.ts";
import { AWS4FETCH } from "./aws4fetch.ts";
import { S3FS_FUSE } from "./s3fs-fuse.ts";
import { TOFU } from "./tofu.ts";
import type { OwnClient } from "./frame.ts";

/** Every client with a day of its own. */
export const OWN_CLIENTS: readonly OwnClient[] = [
  PYARROW,
  S3FS,
  OBSTORE,
  POLARS,
  DUCKDB,
  PYICEBERG,
  MOUNTPOINT,
  BOTO3_CRT,
  AWSCLI,
  GO_SDK,
  MINIO_GO,
  JAVA_SDK,
  RUBY_SDK,
  RCLONE,
  S5CMD,
  RESTIC,
  MC,
  S3FS_FUSE,
  AWS4FETCH,
  TOFU,
];

/**
 * Returns the clients that S3WARDEN_CLIENT names, separated by commas; without it, all that are not
 * by hand.
 */
export function chosenClients(): readonly OwnClient[] {
  const names = process.env["S3WARDEN_CLIENT"]?.split(",");
  return OWN_CLIENTS.filter(({ name, byHand }) => names?.includes(name) ?? byHand !== true);
}
