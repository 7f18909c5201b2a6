import { CELLS, GATEWAY, PEERS, type CellName, type SystemName } from "./cells.ts";
import { Connection, type AnswerHead, type Door } from "./connection.ts";
import type { System } from "./systems.ts";
import {
  STORED_PLAIN,
  checkRequestOf,
  forgedRequest,
  patternOf,
  wrongTrailerRequest,
  type WireRequest,
} from "./workload.ts";

const READ_BYTES = 256 * 1024;
/** The systems that must refuse a forged signature. */
const VERIFYING: ReadonlySet<SystemName> = new Set([
  GATEWAY,
  "s3warden, audit log",
  "s3warden, 2 workers",
  ...PEERS,
]);

/**
 * Throws unless `system` does the work that a cell measures. Downloads arrive as the store sent
 * them, and uploads at the store as the client sent them. A gateway refuses a forged signature.
 * s3warden removes the framing of a trailer upload and refuses a wrong checksum.
 */
export async function checkCell(cellName: CellName, system: System): Promise<void> {
  const { workload, tls, title } = CELLS[cellName];
  const listener = tls ? system.tls : system.plain;
  if (listener === undefined) throw new Error(`${system.name} does not speak TLS`);
  const door = { port: listener.port, tls };
  const expect = async (what: string, request: WireRequest, good: Expected): Promise<void> => {
    const problem = wrongOf(await answerTo(door, request), good);
    if (problem !== undefined) throw new Error(`${title}, ${system.name}, ${what}: ${problem}`);
  };
  const request = checkRequestOf(workload);
  const isTrailer = workload === "put-large-trailer" && system.name === GATEWAY;
  await expect("a good request", request, {
    status: 200,
    body: patternOf(request.answerBytes),
    ...(isTrailer ? { etag: STORED_PLAIN } : {}),
  });
  if (VERIFYING.has(system.name)) {
    await expect("a forged signature", forgedRequest(), { status: 403 });
  }
  if (isTrailer) await expect("a wrong checksum", wrongTrailerRequest(), { status: 400 });
}

type Answer = AnswerHead & { readonly body: Buffer };
type Expected = { readonly status: number; readonly body?: Buffer; readonly etag?: string };

async function answerTo(door: Door, request: WireRequest): Promise<Answer> {
  const pieces: Buffer[] = [];
  const onBody = (piece: Buffer): void => void pieces.push(piece);
  const connection = await Connection.open(door, { readBytes: READ_BYTES, onBody });
  try {
    const head = await connection.exchange(request);
    return { ...head, body: Buffer.concat(pieces) };
  } finally {
    connection.close();
  }
}

/** Returns the mistake in an answer; `undefined` if it is as expected. */
function wrongOf({ status, text, body }: Answer, expected: Expected): string | undefined {
  if (status !== expected.status) {
    return `expected ${expected.status}, got\n${text}\n${body.toString("latin1", 0, 500)}`;
  }
  if (expected.body !== undefined && !body.equals(expected.body)) {
    return `expected the ${expected.body.length} bytes of the store, got ${body.length} others`;
  }
  if (expected.etag !== undefined && !text.includes(expected.etag)) {
    return "the store received the framing of aws-chunked";
  }
  return undefined;
}
