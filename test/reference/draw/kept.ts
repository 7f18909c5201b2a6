/** Changes of bucket policies at random: also those that keep their author out, and that are none. */

import { oneOf } from "../../support/seeds.ts";
import type { Asked, PolicyFile, Statement, World } from "../world.ts";
import { BUCKETS, some, type ModelName, type Random } from "./parts.ts";
import { drawSender } from "./requests.ts";
import { isTaken, policyFile, principals } from "./statements.ts";

const CONFIRM = "x-amz-confirm-remove-self-bucket-access";

/** A PUT or DELETE of a bucket's policy. */
export function drawChange(random: Random, world: World, name: ModelName): Asked {
  const bucket = oneOf(random, BUCKETS);
  const owner = world.buckets.find((one) => one.name === bucket)?.account ?? "lab";
  const common = {
    ...drawSender(random, world),
    // Few others get so far that it matters what they put.
    ...(random() < 0.4 && { as: `AKID.${owner}` }),
    bucket,
    query: { policy: "" },
  };
  if (random() < 0.15) return { ...common, method: "DELETE", headers: {} };
  const confirmed = oneOf(random, ["true", "false"] as const);
  const headers = random() < 0.3 ? { [CONFIRM]: confirmed } : {};
  return { ...common, method: "PUT", headers, policy: drawPolicy(random, world, name, bucket) };
}

function drawPolicy(random: Random, world: World, name: ModelName, bucket: string): PolicyFile {
  for (;;) {
    const file = policyFile(random, name, bucket, 2);
    const lock = lockOut(random, world, name, bucket);
    const own = file?.Statement ?? [];
    const all = random() < 0.6 && lock !== undefined ? [...own, lock] : own;
    const [first, ...rest] = all;
    if (first === undefined) continue;
    const { Version = "2012-10-17" } = file ?? {};
    return { Version, Statement: random() < 0.1 ? [spoilt(random, first), ...rest] : all };
  }
}

const CHANGES = [
  "s3:PutBucketPolicy",
  "s3:DeleteBucketPolicy",
  "s3:*BucketPolicy",
  "s3:*",
  "*",
] as const;

/** A statement about changes of the policy; undefined if the model has no such statement. */
function lockOut(
  random: Random,
  { model }: World,
  name: ModelName,
  bucket: string,
): Statement | undefined {
  const isDirectory = name === "qumulo";
  const named = random() < 0.3 ? "NotPrincipal" : "Principal";
  const resource = oneOf(random, ["", "*", "/*", "${aws:username}"] as const);
  const drawn: Statement = {
    Effect: random() < (isDirectory ? 0.4 : 0.8) ? "Deny" : "Allow",
    [isDirectory ? "Principal" : named]:
      random() < 0.4 && !isDirectory ? "*" : principals(random, model),
    Action: [...new Set(some(random, CHANGES, 3))],
    ...(!isDirectory && { Resource: `arn:aws:s3:::${bucket}${resource}` }),
    ...(random() < 0.2 &&
      !isDirectory && { Condition: { Bool: { "aws:SecureTransport": "false" } } }),
  };
  return isTaken(name, drawn, bucket) ? drawn : undefined;
}

/** The statement with an action that there is not, or of another bucket. */
function spoilt(random: Random, statement: Statement): Statement {
  if (statement.Resource === undefined || random() < 0.5) {
    const { NotAction: _, ...rest } = statement;
    return { ...rest, Action: ["s3:GetNothing"] };
  }
  return { ...statement, Resource: ["arn:aws:s3:::elsewhere/*"] };
}
