import { documentReader } from "../../../src/s3/document-reader.ts";
import type { OperationName } from "../../../src/s3/operations.ts";
import type { Family } from "./families.ts";
import { listed, repeated } from "./fill.ts";

/** The default of `limits.xmlBytes`. */
const XML_BYTES = 2 * 1024 * 1024;

/** The size of the shell's reads: see document-body.ts. */
const STEP_BYTES = 16 * 1024;

/** A lifecycle has the widest bounds of all documents that are read as a tree. */
const READ = {
  XML: "PutBucketLifecycleConfiguration",
  DeleteObjects: "DeleteObjects",
} as const satisfies Record<string, OperationName>;

function document(
  parser: keyof typeof READ,
  name: string,
  textOf: (bytes: number) => string,
): Family {
  const make = (bytes: number): (() => unknown) => {
    const body = Buffer.from(textOf(bytes));
    return () => {
      const reader = documentReader(READ[parser], []);
      for (let at = 0; at < body.length; at += STEP_BYTES) {
        if (reader.push(body.subarray(at, at + STEP_BYTES)) !== undefined) return;
      }
      reader.end();
    };
  };
  const stepsOf = (bytes: number): number => Math.ceil(bytes / STEP_BYTES);
  return { parser, name, bytesMax: XML_BYTES, make, stepsOf };
}

/** The root of `READ.XML`: any other would be refused at once. */
const ROOT = "LifecycleConfiguration";
const inRoot = (unit: string) => (bytes: number) => `<${ROOT}>${repeated(unit, bytes)}</${ROOT}>`;

export const BODY_FAMILIES: readonly Family[] = [
  document("XML", "<a/>x", inRoot("<a/>x")),
  document("XML", "attributes", (bytes) => {
    return `<${ROOT} ${listed(bytes, (i) => `a${i.toString(36)}=""`, " ")}/>`;
  }),
  document("XML", "elements within elements", (bytes) => "<a>".repeat(bytes / 3)),
  document("XML", "as many elements as there may be", (bytes) => {
    const rule = `<Rule>${"<a/>".repeat(48)}${"x".repeat(Math.max(0, Math.floor(bytes / 1000) - 205))}</Rule>`;
    return inRoot(rule)(Math.min(bytes, 1000 * rule.length));
  }),
  document("XML", "one text", inRoot("x")),
  document("XML", "references", inRoot("&amp;")),
  document("XML", "numbers of characters", inRoot("&#x41;")),
  document("XML", "white space", inRoot("\n")),
  document("XML", "a comment that never ends", (bytes) => `<${ROOT}><!--${repeated("-", bytes)}`),
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
