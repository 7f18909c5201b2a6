import type { Fault } from "./faults.ts";
import { malformed, type XmlElement } from "./xml.ts";

/** Which elements may stand in one element of a document. */
export type Shape = {
  readonly children: ReadonlyMap<string, { readonly shape: Shape; readonly repeatable: boolean }>;
  /** Whether elements that are not listed are allowed too. */
  readonly open: boolean;
};

/** Nothing but `children`, each at most once; a name that ends in `*` may be repeated. */
export function closed(children: Readonly<Record<string, Shape>>): Shape {
  return { children: listed(children), open: false };
}

/** As closed(), but elements that are not listed may stand there besides. */
export function open(children: Readonly<Record<string, Shape>>): Shape {
  return { children: listed(children), open: true };
}

/** Character data alone. */
export const LEAF: Shape = closed({});

/**
 * Why `element` does not have `shape`; undefined if it has. In open places too, two things are
 * refused: a name with a prefix, which stores that go by local names take for the bare one, and
 * another element that names a bucket, which nobody would judge.
 */
export function wrongIn(element: XmlElement, shape: Shape): Fault | undefined {
  const seen = new Set<string>();
  for (const child of element.children) {
    const known = shape.children.get(child.name);
    if (known === undefined && (!shape.open || isSuspect(child.name))) {
      return malformed(`the element "${child.name}" is not expected in "${element.name}"`);
    }
    if (known?.repeatable === false && seen.has(child.name)) {
      return malformed(`"${child.name}" is repeated in "${element.name}"`);
    }
    seen.add(child.name);
    const wrong = wrongIn(child, known?.shape ?? ANYTHING);
    if (wrong !== undefined) return wrong;
  }
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
