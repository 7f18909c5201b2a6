import { parseDeleteObjects } from "../../../src/s3/delete-objects.ts";
import { parseXml } from "../../../src/s3/xml.ts";
import type { Family } from "./families.ts";
import { listed, repeated } from "./fill.ts";

/** `limits.xmlBytes` as it is if nobody says otherwise. */
const XML_BYTES = 2 * 1024 * 1024;

/**
 * The readers of documents as they are called today, each with the longest step that it takes:
 * whoever changes how they are called changes it here.
 */
const READERS = {
  XML: { read: parseXml, stepsOf: () => 1 },
  DeleteObjects: { read: parseDeleteObjects, stepsOf: () => 1 },
} as const;

function document(
  parser: keyof typeof READERS,
  name: string,
  textOf: (bytes: number) => string,
): Family {
  const { read, stepsOf } = READERS[parser];
  const make = (bytes: number): (() => unknown) => {
    const body = Buffer.from(textOf(bytes));
    return () => read(body);
  };
  return { parser, name, bytesMax: XML_BYTES, make, stepsOf };
}

const inRoot = (unit: string) => (bytes: number) => `<r>${repeated(unit, bytes)}</r>`;

export const BODY_FAMILIES: readonly Family[] = [
  document("XML", "<a/>x", inRoot("<a/>x")),
  document("XML", "attributes", (bytes) => {
    return `<r ${listed(bytes, (i) => `a${i.toString(36)}=""`, " ")}/>`;
  }),
  document("XML", "elements within elements", (bytes) => "<a>".repeat(bytes / 3)),
  document("XML", "one text", inRoot("x")),
  document("XML", "references", inRoot("&amp;")),
  document("XML", "numbers of characters", inRoot("&#x41;")),
  document("XML", "white space", inRoot("\n")),
  document("XML", "a comment that never ends", (bytes) => `<r><!--${repeated("-", bytes)}`),
  document("XML", "less-than signs", (bytes) => repeated("<", bytes)),
  document("XML", "what is no UTF-8", (bytes) => repeated("\u00ff", bytes)),
  document("DeleteObjects", "entries without end", (bytes) => {
    return `<Delete>${repeated("<Object><Key>a</Key></Object>", bytes)}</Delete>`;
  }),
  document("DeleteObjects", "1,000 keys as long as they may be", (bytes) => {
    const key = "k".repeat(Math.min(1000, Math.floor(bytes / 1000) - 40));
    const entry = `<Object><Key>${key}</Key></Object>`;
    return `<Delete>${entry.repeat(1000)}</Delete>`;
  }),
];
