import { readUpTo } from "../identity/whole-body.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { messageOf } from "../lib/words.ts";
import { createXmlReader } from "../s3/xml-reader.ts";
import { createXmlTree } from "../s3/xml-tree.ts";
import type { XmlElement } from "../s3/xml.ts";

/** The role that a token's owner wants to become, and where. */
export type RoleRequest = {
  /** The address where STS is served. */
  readonly endpoint: string;
  readonly roleArn: string;
  readonly sessionName: string;
  /** The duration; `undefined` for as long as STS says. */
  readonly durationSeconds: number | undefined;
};

/** A temporary key. */
export type TemporaryKey = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** ISO 8601. */
  readonly expiration: string;
};

const ANSWER_MS_MAX = 30_000;
const ANSWER_BYTES_MAX = 64 * 1024;
const BOUNDS = { elements: 100, children: 50, textLength: 16 * 1024 };

/**
 * Begins a session of the role by `token`: AssumeRoleWithWebIdentity, API version 2011-06-15. The error
 * is STS's own, or says why it cannot be asked.
 */
export async function beginSession(
  { endpoint, roleArn, sessionName, durationSeconds }: RoleRequest,
  token: string,
): Promise<Result<TemporaryKey, string>> {
  const body = new URLSearchParams({
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    WebIdentityToken: token,
    ...(durationSeconds === undefined ? {} : { DurationSeconds: `${durationSeconds}` }),
  });
  try {
    const answer = await fetch(new URL("/", endpoint), {
      method: "POST",
      body,
      // The token is for this host alone.
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    const root = rootOf(answer.body && (await readUpTo(answer.body, ANSWER_BYTES_MAX)));
    if (root === undefined) return err(`${endpoint} answers ${answer.status}, and not as STS does`);
    return answer.ok ? keyIn(root, endpoint) : err(refusalIn(root, answer.status));
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return err(`${endpoint} cannot be asked: ${messageOf(cause)}`);
  }
}

/** `bytes`: undefined or null if the answer is too long, or empty. */
function rootOf(bytes: Buffer | undefined | null): XmlElement | undefined {
  if (!bytes) return undefined;
  const tree = createXmlTree();
  const reader = createXmlReader(BOUNDS, tree);
  const fault = reader.push(bytes) ?? reader.end();
  return fault === undefined ? tree.root : undefined;
}

function keyIn(root: XmlElement, endpoint: string): Result<TemporaryKey, string> {
  const found = below(root, "AssumeRoleWithWebIdentityResult", "Credentials");
  const [accessKeyId, secretAccessKey, sessionToken, expiration] = [
    "AccessKeyId",
    "SecretAccessKey",
    "SessionToken",
    "Expiration",
  ].map((name) => below(found, name)?.text);
  const isWhole =
    accessKeyId !== undefined &&
    secretAccessKey !== undefined &&
    sessionToken !== undefined &&
    expiration !== undefined &&
    !Number.isNaN(Date.parse(expiration));
  return isWhole
    ? ok({ accessKeyId, secretAccessKey, sessionToken, expiration })
    : err(`${endpoint} gave no credentials`);
}

function refusalIn(root: XmlElement, status: number): string {
  const code = below(root, "Error", "Code")?.text ?? `status ${status}`;
  const message = below(root, "Error", "Message")?.text;
  return `STS refuses it: ${code}${message === undefined ? "" : `, ${message}`}`;
}

function below(
  element: XmlElement | undefined,
  ...names: readonly string[]
): XmlElement | undefined {
  let found = element;
  for (const wanted of names) found = found?.children.find(({ name }) => name === wanted);
  return found;
}
