import assert from "node:assert/strict";
import { test } from "node:test";
import { err, ok } from "../../../src/lib/result.ts";
import { fault, type Fault } from "../../../src/s3/faults.ts";
import type { XmlElement } from "../../../src/s3/xml.ts";
import { createXmlReader } from "../../../src/s3/xml-reader.ts";
import { createXmlTree, type TakeEntry, type TreeWatch } from "../../../src/s3/xml-tree.ts";

const BOUNDS = { elements: 100, children: 100, textLength: 1000 };

type Read = { readonly root: XmlElement | undefined; readonly fault: Fault | undefined };

function read(xml: string, watch?: TreeWatch, take?: TakeEntry): Read {
  const tree = createXmlTree(watch, take);
  const reader = createXmlReader(BOUNDS, tree);
  reader.push(Buffer.from(xml));
  const wrong = reader.end();
  return { root: tree.root, fault: wrong };
}

function namesIn(element: XmlElement | undefined): readonly string[] {
  return element?.children.map(({ name }) => name) ?? [];
}

const XML = "<r>1<a><b>x</b><c/></a>2<d/>3</r>";

test("a tree has no root before its document is complete", () => {
  const tree = createXmlTree();
  const root = (): XmlElement | undefined => tree.root;
  const reader = createXmlReader(BOUNDS, tree);
  assert.equal(reader.push(Buffer.from("<r>x<a/>")), undefined);
  assert.equal(root(), undefined);
  reader.push(Buffer.from("</r>\n"));
  assert.equal(reader.end(), undefined);
  assert.equal(root()?.name, "r");
  assert.equal(root()?.text, "x");
});

test("entries are offered complete, children of the root alone, and kept if they are not taken", () => {
  const offered: XmlElement[] = [];
  const { root } = read(XML, undefined, (entry) => {
    offered.push(entry);
    return ok(entry.name === "d");
  });
  assert.deepEqual(
    offered.map(({ name }) => name),
    ["a", "d"],
  );
  assert.deepEqual(namesIn(offered[0]), ["b", "c"]);
  assert.deepEqual(namesIn(root), ["a"]);
  assert.equal(root?.text, "123");
});

test("an entry that is refused refuses the document", () => {
  const refusal = fault("InvalidRequest", "no a here");
  const { root, fault: found } = read(XML, undefined, ({ name }) =>
    name === "a" ? err(refusal) : ok(true),
  );
  assert.equal(found, refusal);
  assert.equal(root, undefined);
});

test("a watch sees each element begin and end, and can refuse the document", () => {
  const seen: string[] = [];
  const watch = (refused?: string): TreeWatch => ({
    opened: (name) => {
      seen.push(name);
      return name === refused ? fault("InvalidRequest", "no such element") : undefined;
    },
    closed: () => void seen.push("/"),
  });
  assert.deepEqual(namesIn(read(XML, watch()).root), ["a", "d"]);
  assert.deepEqual(seen.splice(0), ["r", "a", "b", "/", "c", "/", "/", "d", "/", "/"]);
  assert.equal(read(XML, watch("c")).fault?.code, "InvalidRequest");
  assert.deepEqual(seen, ["r", "a", "b", "/", "c"]);
});
