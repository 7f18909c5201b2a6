/**
 * Runs a process full of clients that try to exhaust a gateway; slow-clients.test.ts starts it with
 * a `Crowd` as its argument. A refused client comes back, until the process is ended.
 */
import { connect } from "node:net";

/** A number of connections that each send `head` and then a byte at every tick, or nothing more. */
export type Crowd = {
  readonly host: string;
  readonly port: number;
  readonly kinds: readonly {
    readonly count: number;
    readonly head: string;
    readonly trickles: boolean;
  }[];
};

const TICK_MS = 1000;
const COMES_BACK_MS = 250;
/**
 * The number of connections begun at a time, so that the system's queue of them does not overflow.
 */
const AT_ONCE = 50;

type Kind = Crowd["kinds"][number];

const crowd: Crowd = JSON.parse(process.argv[2] ?? "");
let connected = 0;

function join(kind: Kind): void {
  const socket = connect({ host: crowd.host, port: crowd.port });
  let ticks: NodeJS.Timeout | undefined;
  socket.once("connect", () => {
    connected++;
    socket.write(kind.head);
    if (kind.trickles) ticks = setInterval(() => socket.write("a"), TICK_MS);
  });
  socket.on("error", () => {});
  socket.resume();
  socket.once("close", () => {
    clearInterval(ticks);
    setTimeout(join, COMES_BACK_MS, kind);
  });
}

const waiting: Kind[] = crowd.kinds.flatMap((kind) =>
  Array.from({ length: kind.count }, () => kind),
);
const total = waiting.length;
const begin = setInterval(() => {
  for (const kind of waiting.splice(0, AT_ONCE)) join(kind);
  if (waiting.length > 0 || connected < total) return;
  clearInterval(begin);
  process.send?.("all have come");
}, 20);
