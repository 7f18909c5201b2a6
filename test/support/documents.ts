import { admitBody } from "../../src/admission/admit-body.ts";
import type { Known } from "../../src/admission/known.ts";
import type { PendingBody } from "../../src/admission/pending.ts";
import type { Snapshot } from "../../src/admission/snapshot.ts";
import type { Verdict } from "../../src/admission/verdict.ts";
import { err, ok, type Result } from "../../src/lib/result.ts";
import { readDocument } from "../../src/s3/document-reader.ts";
import type { Fault } from "../../src/s3/faults.ts";
import type { XmlBounds } from "../../src/s3/xml-bounds.ts";
import { createXmlReader } from "../../src/s3/xml-reader.ts";
import { createXmlTree } from "../../src/s3/xml-tree.ts";
import type { XmlElement } from "../../src/s3/xml.ts";

/** The verdict on a document given as bytes: read as the shell does it, and then decided. */
export function admitBytes(
  snapshot: Snapshot,
  pending: PendingBody,
  bytes: Buffer,
  nowMs: number,
  known?: Known,
): Verdict {
  const { operation, headers } = pending.subject;
  const document = readDocument(operation, headers, bytes);
  if (!document.ok) return { kind: "refuse", facts: pending.facts, fault: document.error };
  return admitBody(snapshot, pending, document.value, nowMs, known);
}

/** Larger than any test's document. */
const WIDE: XmlBounds = { elements: 1e6, children: 1e6, textLength: 1e7 };

/** Any document as a tree, from its bytes in `pieces`. */
export function parseXml(
  pieces: Buffer | readonly Buffer[],
  bounds = WIDE,
): Result<XmlElement, Fault> {
  const tree = createXmlTree();
  const reader = createXmlReader(bounds, tree);
  for (const piece of [pieces].flat()) reader.push(piece);
  const wrong = reader.end();
  if (wrong !== undefined) return err(wrong);
  if (tree.root === undefined) throw new Error("a document that was read has no root");
  return ok(tree.root);
}
