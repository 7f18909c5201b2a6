import { err, ok, type Result } from "../../src/lib/result.ts";
import type { Fault } from "../../src/s3/faults.ts";
import type { XmlBounds } from "../../src/s3/xml-bounds.ts";
import { createXmlReader } from "../../src/s3/xml-reader.ts";
import { createXmlTree } from "../../src/s3/xml-tree.ts";
import type { XmlElement } from "../../src/s3/xml.ts";

/** Bounds that no document of a test reaches. */
const WIDE: XmlBounds = { elements: 1e6, children: 1e6, textLength: 1e7 };

/** Reads any document as a tree, from its bytes in `pieces`. */
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
