import { ok, type Result } from "../lib/result.ts";
import type { Fault } from "./faults.ts";
import type { XmlElement } from "./xml.ts";
import type { XmlSink } from "./xml-reader.ts";

/** The checks of a document's elements while it is read. */
export type TreeWatch = {
  /** Begins; a fault refuses the document. */
  opened(name: string): Fault | undefined;
  /** The last element that began and did not end, ends. */
  closed(): void;
};

/**
 * Takes each child of the root when it is complete. `true`: it has become a value, and the tree
 * does not keep it. The error refuses the document.
 */
export type TakeEntry = (entry: XmlElement) => Result<boolean, Fault>;

/** A document as a tree, built as it is read. */
export type XmlTree = XmlSink & {
  /** The root; `undefined` until the document is complete. */
  readonly root: XmlElement | undefined;
};

/** An element that has not ended. */
type Growing = {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
};

export function createXmlTree(watch?: TreeWatch, take: TakeEntry = keep): XmlTree {
  const open: Growing[] = [];
  let root: XmlElement | undefined;
  return {
    get root() {
      return root;
    },
    opened: (name, attributes) => {
      open.push({ name, attributes, children: [], text: "" });
      return watch?.opened(name);
    },
    text: (text) => {
      const element = open.at(-1);
      if (element !== undefined) element.text += text;
    },
    closed: () => {
      watch?.closed();
      const element = open.pop();
      const parent = open.at(-1);
      if (parent === undefined || element === undefined) {
        root = element;
        return undefined;
      }
      const taken = open.length === 1 ? take(element) : KEPT;
      if (!taken.ok) return taken.error;
      if (!taken.value) parent.children.push(element);
      return undefined;
    },
  };
}

const KEPT = ok(false);

function keep(): Result<boolean, Fault> {
  return KEPT;
}
