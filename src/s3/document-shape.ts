import type { Fault } from "./faults.ts";
import { malformed, type XmlElement } from "./xml.ts";
import type { TreeWatch } from "./xml-tree.ts";

/** The elements that may stand in one element of a document. */
export type Shape = {
  readonly children: ReadonlyMap<string, { readonly shape: Shape; readonly repeatable: boolean }>;
  /** True if elements that are not listed are allowed too. */
  readonly open: boolean;
};

/** Allows only `children`, each at most once; a name that ends in `*` may be repeated. */
export function closed(children: Readonly<Record<string, Shape>>): Shape {
  return { children: listed(children), open: false };
}

/** Allows what closed() does, and elements that are not listed. */
export function open(children: Readonly<Record<string, Shape>>): Shape {
  return { children: listed(children), open: true };
}

/** Character data alone. */
export const LEAF: Shape = closed({});

/**
 * Refuses a document as soon as an element comes that `shape` does not have; the root is to be
 * called `root`. In open places too, two things are refused: a name with a prefix, which stores
 * that go by local names take for the bare one, and another element that names a bucket, which
 * nobody would judge. Error: MalformedXML.
 */
export function watchShape(root: string, shape: Shape): TreeWatch {
  const entered: Entered[] = [];
  return {
    opened: (name) => {
      const parent = entered.at(-1);
      const wrong = parent === undefined ? wrongRoot(name, root) : wrongChild(name, parent);
      const known = parent === undefined ? shape : parent.shape.children.get(name)?.shape;
      entered.push({ name, shape: known ?? ANYTHING, seen: undefined });
      return wrong;
    },
    closed: () => void entered.pop(),
  };
}

/** An element that has begun and not ended. */
type Entered = {
  readonly name: string;
  readonly shape: Shape;
  /** The names of its children so far. */
  seen: Set<string> | undefined;
};

function wrongRoot(name: string, wanted: string): Fault | undefined {
  return name === wanted ? undefined : malformed(`its root is "${name}", not "${wanted}"`);
}

function wrongChild(name: string, parent: Entered): Fault | undefined {
  const { shape } = parent;
  const known = shape.children.get(name);
  if (known === undefined && (!shape.open || isSuspect(name))) {
    return malformed(`the element "${name}" is not expected in "${parent.name}"`);
  }
  if (known?.repeatable === false && parent.seen?.has(name) === true) {
    return malformed(`"${name}" is repeated in "${parent.name}"`);
  }
  (parent.seen ??= new Set()).add(name);
  return undefined;
}

/** The first child called `name`: of a listed element that is not repeatable, the only one. */
export function child(parent: XmlElement, name: string): XmlElement | undefined {
  return parent.children.find((element) => element.name === name);
}

const ANYTHING: Shape = open({});

const BUCKET_ELEMENTS: ReadonlySet<string> = new Set(["Bucket", "BucketName", "TargetBucket"]);

function isSuspect(name: string): boolean {
  return name.includes(":") || BUCKET_ELEMENTS.has(name);
}

function listed(children: Readonly<Record<string, Shape>>): Shape["children"] {
  return new Map(
    Object.entries(children).map(([key, shape]) => {
      const repeatable = key.endsWith("*");
      return [repeatable ? key.slice(0, -1) : key, { shape, repeatable }] as const;
    }),
  );
}
