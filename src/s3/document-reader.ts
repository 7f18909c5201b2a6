import type { HeaderList } from "../http/headers.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { decodeUtf8 } from "../lib/utf8.ts";
import { createBlocks } from "./blocks.ts";
import { deleteReader, type DeleteRequest } from "./delete-objects.ts";
import { watchShape } from "./document-shape.ts";
import { DOCUMENTS, SMALL, type DocumentRow } from "./documents.ts";
import { awsFault, fault, type Fault } from "./faults.ts";
import type { OperationName } from "./operations.ts";
import { createXmlReader } from "./xml-reader.ts";
import { createXmlTree } from "./xml-tree.ts";
import type { XmlElement } from "./xml.ts";

/**
 * The document of a request, read once: the decision takes this value, and nobody reads its bytes
 * again. `bytes`: as they came, for the store.
 */
export type S3Document =
  /** The request has no document, or one that nothing here reads. */
  | { readonly kind: "none"; readonly bytes: Buffer }
  /** A root in which nothing can be understood in two ways: it has the shape of its operation's. */
  | { readonly kind: "xml"; readonly bytes: Buffer; readonly root: XmlElement }
  /** The text of a bucket policy, which is not looked into yet. */
  | { readonly kind: "policy"; readonly bytes: Buffer; readonly text: string }
  /** The store is sent this written anew, so that the bytes are not kept. */
  | { readonly kind: "delete"; readonly request: DeleteRequest };

/** A request's document that is read as its bytes come. */
export type DocumentReader = {
  /** Reads the next bytes. A fault ends the reading: later bytes cannot change it. */
  push(bytes: Buffer): Fault | undefined;
  /** Returns the document, or its fault. It must not be believed before its bytes are proved. */
  end(): Result<S3Document, Fault>;
};

/**
 * Reads the document of `operation`, following its request syntax in the S3 API Reference, within
 * the bounds of its row in `documents.ts`. `headers` are the request's (see liftHeaders). The caller
 * bounds the bytes of all documents; those of a policy are bounded here.
 * Errors: MalformedXML, MalformedACLError; MissingRequestBodyError or, for an ACL that stands nowhere,
 * MissingSecurityHeader; UnexpectedContent for an ACL given twice; InvalidTag; MalformedPolicy;
 * KeyTooLongError and InvalidArgument for an entry of DeleteObjects.
 */
export function documentReader(operation: OperationName, headers: HeaderList): DocumentReader {
  if (operation === "DeleteObjects") return readerOfDelete();
  if (operation === "PutBucketPolicy") return readerOfPolicy();
  const row = DOCUMENTS[operation];
  if (row === undefined) return readerOfBytes(undefined, (bytes) => ok({ kind: "none", bytes }));
  if (row.alsoInHeaders === true && setsAcl(headers)) return readerOfNothing();
  return readerOfTree(row);
}

/** The same of a document whose bytes are all there, and few. */
export function readDocument(
  operation: OperationName,
  headers: HeaderList,
  bytes: Buffer,
): Result<S3Document, Fault> {
  const reader = documentReader(operation, headers);
  reader.push(bytes);
  return reader.end();
}

/**
 * Returns the fault of a document of `length` bytes that is too long to be read; `undefined` if it
 * is read. Error: MalformedPolicy, as S3 has it.
 */
export function tooLong(operation: OperationName, length: number): Fault | undefined {
  return operation === "PutBucketPolicy" && length > POLICY_BYTES_MAX ? POLICY_TOO_LONG : undefined;
}

/**
 * S3 takes 20 KB of a policy without the space between its tokens (see policy/parse.ts, which counts
 * them so); with that space it may have as many bytes as these.
 */
const POLICY_BYTES_MAX = 64 * 1024;
const POLICY_TOO_LONG = fault(
  "MalformedPolicy",
  "Normalized policy document exceeds the maximum allowed size of 20480 bytes",
);

function readerOfDelete(): DocumentReader {
  const { reader, end } = deleteReader();
  let length = 0;
  return {
    push: (bytes) => {
      length += bytes.length;
      return reader.push(bytes);
    },
    end: () => {
      if (length === 0) return err(awsFault("MissingRequestBodyError"));
      const request = end();
      return request.ok ? ok({ kind: "delete", request: request.value }) : request;
    },
  };
}

function readerOfPolicy(): DocumentReader {
  let length = 0;
  return readerOfBytes(
    (bytes) => tooLong("PutBucketPolicy", (length += bytes.length)),
    (bytes) => {
      const text = decodeUtf8(bytes);
      if (text !== undefined) return ok({ kind: "policy", bytes, text });
      return err(fault("MalformedPolicy", "The policy is not UTF-8"));
    },
  );
}

/**
 * Reads the body if the headers already say what the document would: only an empty body is not a
 * second answer.
 */
function readerOfNothing(): DocumentReader {
  return readerOfBytes(
    () => ACL_TWICE,
    (bytes) => ok({ kind: "none", bytes }),
  );
}

const ACL_TWICE = awsFault("UnexpectedContent", {
  why: "The ACL must be given in headers or in the body, not in both",
});

function readerOfTree(row: DocumentRow): DocumentReader {
  const tree = createXmlTree(watchShape(row.root, row.shape));
  const reader = createXmlReader(row.bounds ?? SMALL, tree);
  return readerOfBytes(
    (bytes) => {
      const wrong = reader.push(bytes);
      return wrong === undefined ? undefined : faultOfRow(row, wrong);
    },
    (bytes) => {
      if (bytes.length === 0 && row.optional === true) return ok({ kind: "none", bytes });
      if (bytes.length === 0) return err(missing(row));
      const wrong = reader.end();
      if (wrong !== undefined) return err(faultOfRow(row, wrong));
      const { root } = tree;
      // A well-formed document has a root; the fallback only satisfies the compiler.
      if (root === undefined) throw new Error("a document that was read has no root");
      const unfit = row.check?.(root);
      return unfit === undefined ? ok({ kind: "xml", bytes, root }) : err(faultOfRow(row, unfit));
    },
  );
}

/** Returns the fault of a missing document; of an ACL, one that is not in a header either. */
function missing({ alsoInHeaders }: DocumentRow): Fault {
  if (alsoInHeaders !== true) return awsFault("MissingRequestBodyError");
  return awsFault("MissingSecurityHeader", { elements: [["MissingHeaderName", "x-amz-acl"]] });
}

/** Returns the fault of a row: S3 has a code of its own for a bad ACL. */
function faultOfRow({ alsoInHeaders }: DocumentRow, fault: Fault): Fault {
  return alsoInHeaders === true ? { ...fault, code: "MalformedACLError" } : fault;
}

/**
 * Keeps the bytes that `take` has no fault with, until `finish` reads them. `take` gets no empty
 * piece.
 */
function readerOfBytes(
  take: ((bytes: Buffer) => Fault | undefined) | undefined,
  finish: (bytes: Buffer) => Result<S3Document, Fault>,
): DocumentReader {
  const kept: Buffer[] = [];
  let wrong: Fault | undefined;
  const blocks = createBlocks((bytes) => {
    wrong ??= take?.(bytes);
    if (wrong === undefined) kept.push(bytes);
  });
  return {
    push: (bytes) => {
      blocks.push(bytes);
      return wrong;
    },
    end: () => {
      blocks.end();
      if (wrong !== undefined) return err(wrong);
      const [only] = kept;
      return finish(kept.length === 1 && only !== undefined ? only : Buffer.concat(kept));
    },
  };
}

function setsAcl(headers: HeaderList): boolean {
  return headers.some(
    (text, i) => i % 2 === 0 && (text === "x-amz-acl" || text.startsWith("x-amz-grant-")),
  );
}
