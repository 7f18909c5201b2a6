/**
 * Runs a store in a process of its own, which can be killed or stopped as a whole. It begins each
 * answer and never ends it, reads nothing of uploads, and reports each request to its parent.
 */
import { startFaultyStore } from "./faulty-store.ts";

const HALF = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf";

const store = await startFaultyStore(Number(process.argv[2]));
store.play({
  onRequest: (socket, { method }) => {
    if (method === "PUT") socket.pause();
    if (method === "GET") socket.write(HALF);
    process.send?.(method);
  },
});
process.send?.("listening");
