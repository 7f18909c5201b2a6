import { err, ok, type Result } from "../lib/result.ts";
import { createXmlReader } from "../s3/xml-reader.ts";
import { createXmlTree } from "../s3/xml-tree.ts";
import type { XmlElement } from "../s3/xml.ts";
import { RECORDS_MAX } from "./state-store.ts";
import { said, type StoreClient } from "./store-client.ts";

/** Keys of one answer. With all that stores say of an object it stays below the longest record. */
const PAGE_KEYS = 200;
const BOUNDS = { elements: 5_000, children: 500, textLength: 4_096 };

/**
 * Returns all keys of the bucket that begin with `prefix`, by ListObjectsV2 (Amazon S3 API
 * Reference). `prefix`: letters and slashes only. Error: a sentence, also if there are more than
 * RECORDS_MAX.
 */
export async function listKeys(
  client: StoreClient,
  prefix: string,
): Promise<Result<readonly string[], string>> {
  const keys: string[] = [];
  for (let token: string | undefined = ""; token !== undefined;) {
    const page = await listPage(client, prefix, token);
    if (!page.ok) return err(`Cannot list the state bucket: ${page.error}`);
    keys.push(...page.value.keys);
    if (keys.length > RECORDS_MAX) return err(`There are more than ${RECORDS_MAX} records`);
    token = page.value.next;
  }
  return ok(keys);
}

type Page = { readonly keys: readonly string[]; readonly next: string | undefined };

async function listPage(
  client: StoreClient,
  prefix: string,
  token: string,
): Promise<Result<Page, string>> {
  const answer = await client.send("GET", undefined, undefined, undefined, {
    ...(token !== "" && { "continuation-token": token }),
    "list-type": "2",
    "max-keys": String(PAGE_KEYS),
    prefix,
  });
  if (!answer.ok) return answer;
  const { status, code, body } = answer.value;
  if (status !== 200) return err(said(status, code));
  const tree = createXmlTree();
  const reader = createXmlReader(BOUNDS, tree);
  const wrong = reader.push(body) ?? reader.end();
  if (wrong !== undefined || tree.root?.name !== "ListBucketResult") {
    return err("the store's list cannot be understood");
  }
  return pageOf(tree.root, token);
}

function pageOf({ children }: XmlElement, token: string): Result<Page, string> {
  const entries = children.filter(({ name }) => name === "Contents");
  const keys = entries.flatMap((entry) => textOf(entry.children, "Key") ?? []);
  if (textOf(children, "IsTruncated") !== "true") return ok({ keys, next: undefined });
  const next = textOf(children, "NextContinuationToken");
  // A store that gives the same token again would be asked without end.
  const goesOn = next !== undefined && next !== "" && next !== token;
  return goesOn ? ok({ keys, next }) : err("the store's list does not go on");
}

function textOf(children: readonly XmlElement[], name: string): string | undefined {
  return children.find((child) => child.name === name)?.text;
}
