import { SaxesParser, type SaxesAttributePlain, type SaxesTagPlain, type XMLDecl } from "saxes";
import { createBlocks } from "./blocks.ts";
import type { Fault } from "./faults.ts";
import { malformed } from "./xml.ts";
import {
  countAttribute,
  countElement,
  countEnd,
  countLength,
  countPiece,
  startCount,
  type XmlBounds,
  type XmlCount,
} from "./xml-bounds.ts";

/** The functions that receive a document's parts, in their order. A fault refuses the document. */
export type XmlSink = {
  /** A start tag, with references in values resolved. */
  opened(name: string, attributes: ReadonlyMap<string, string>): Fault | undefined;
  /** Character data inside the last element opened and not closed: references resolved, or CDATA. */
  text(text: string): void;
  /** The end of the last element opened and not closed. */
  closed(): Fault | undefined;
};

/** A document that is read as its bytes come. */
export type XmlReader = {
  /**
   * Reads the next bytes; less than a block of them is kept. Returns the fault, once there is one.
   */
  push(bytes: Buffer): Fault | undefined;
  /** The document has ended. */
  end(): Fault | undefined;
};

/**
 * Reads a document ("Extensible Markup Language (XML) 1.0", fifth edition) in UTF-8, within `bounds`.
 * Refused beyond what XML refuses: a DTD and with it every entity but the five, processing
 * instructions, encodings other than UTF-8, version 1.1. Prefixes are part of names.
 *
 * Work is linear in the bytes, and done in blocks of them, so that the network's pieces cannot change
 * which fault is found first.
 * Errors: MalformedXML, and those of `sink`.
 */
export function createXmlReader(bounds: XmlBounds, sink: XmlSink): XmlReader {
  // The decoder is its own: the bytes that are UTF-8 must not depend on another document.
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const { parser, lengthTo } = boundedParser(startCount(bounds), sink);
  let given = 0;
  let fault: Fault | undefined;
  const blocks = createBlocks((bytes) => {
    const text = decoded(decoder, bytes);
    parser.write(text);
    // Between two writes the parser's own position is that of no character.
    given += text.length;
    refuse(lengthTo(given));
  });
  /** Does one step of the work, unless there is a fault. */
  const step = (work: () => void): Fault | undefined => {
    if (fault !== undefined) return fault;
    try {
      work();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      fault = error.fault;
    }
    return fault;
  };
  return {
    push: (bytes) => step(() => blocks.push(bytes)),
    end: () =>
      step(() => {
        blocks.end();
        parser.write(decoded(decoder, undefined));
        parser.close();
      }),
  };
}

/** A parser that throws a Refusal at the first thing that is not XML, not in bounds or not for `sink`. */
function boundedParser(
  count: XmlCount,
  sink: XmlSink,
): {
  readonly parser: SaxesParser;
  /**
   * Returns the fault of a piece that has not ended at `position`, in UTF-16 units, and is too long
   * already.
   */
  readonly lengthTo: (position: number) => Fault | undefined;
} {
  const parser = new SaxesParser(OPTIONS);
  let pieceEnd = 0;
  const lengthTo = (position: number): Fault | undefined => countLength(count, position - pieceEnd);
  /** Ends a piece: everything that the parser reports does. */
  const piece = (fault: Fault | undefined): void => {
    refuse(lengthTo(parser.position) ?? fault);
    pieceEnd = parser.position;
  };
  const characters = (text: string): void => {
    piece(countPiece(count, text.length));
    if (count.open.length > 0) sink.text(text);
  };
  parser.on("error", () => refuse(malformed("it is not well-formed")));
  parser.on("doctype", () => refuse(malformed("a document type declaration is not allowed")));
  parser.on("processinginstruction", () =>
    refuse(malformed("a processing instruction is not allowed")),
  );
  parser.on("xmldecl", (declaration) => piece(wrongDeclaration(declaration)));
  parser.on("comment", () => piece(countPiece(count, 0)));
  parser.on("text", characters);
  parser.on("cdata", characters);
  parser.on("opentagstart", ({ name }) => piece(countElement(count, name)));
  // The types of saxes forget that there are no namespaces here.
  parser.on("attribute", ({ name }: SaxesAttributePlain) => piece(countAttribute(count, name)));
  parser.on("opentag", ({ name, attributes }: SaxesTagPlain) =>
    piece(sink.opened(name, mapOf(attributes))),
  );
  parser.on("closetag", () => {
    countEnd(count);
    piece(sink.closed());
  });
  return { parser, lengthTo };
}

/** Returns the text of the next bytes; of none, at the end, the rest. */
function decoded(decoder: InstanceType<typeof TextDecoder>, bytes: Buffer | undefined): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined });
  } catch {
    throw new Refusal(malformed("it is not UTF-8")); // Only the decoder's TypeError can come.
  }
}

/**
 * The options. A document is read as XML 1.0 whatever its declaration says; wrongDeclaration()
 * judges that.
 */
const OPTIONS = {
  xmlns: false,
  position: false,
  defaultXMLVersion: "1.0",
  forceXMLVersion: true,
} as const;

/**
 * The error by which a handler stops the parser, which knows no other way. Never leaves this file.
 */
class Refusal extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.message);
    this.fault = fault;
  }
}

function refuse(fault: Fault | undefined): void {
  if (fault !== undefined) throw new Refusal(fault);
}

/**
 * Returns the fault of an XML declaration. In version 1.1 other characters end lines, so two
 * readers could read two keys.
 */
function wrongDeclaration({ version, encoding }: XMLDecl): Fault | undefined {
  if (version !== "1.0") return malformed("its version is not 1.0");
  if (encoding === undefined || encoding.toLowerCase() === "utf-8") return undefined;
  return malformed("its encoding is not UTF-8");
}

const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();

function mapOf(attributes: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  let map: Map<string, string> | undefined;
  for (const name in attributes) (map ??= new Map()).set(name, attributes[name] ?? "");
  return map ?? NO_ATTRIBUTES;
}
