/** A store whose process is killed or stopped in the middle of everything, and comes back. */
import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { headOf, startFlow, until, type Flow } from "../support/flow.ts";
import { freePorts } from "../support/ports.ts";
import { codeOf, type RawAnswer } from "../support/raw-client.ts";
import { bytesOf } from "../support/signed.ts";

const CHILD = fileURLToPath(new URL("../support/faulty-store-child.ts", import.meta.url));
const UPLOAD = 16 * 1024 * 1024;
const CLIENTS = 4;

/** Starts the store, and counts the requests that it hears of. */
async function startChild(
  t: TestContext,
  port: number,
): Promise<{ readonly child: ChildProcess; readonly asked: () => number }> {
  const child = fork(CHILD, [String(port)]);
  t.after(() => child.kill("SIGKILL"));
  let asked = 0;
  await once(child, "message");
  child.on("message", () => asked++);
  return { child, asked: () => asked };
}

/** Downloads, uploads and deletions under way, and what becomes of them. */
async function begin(flow: Flow): Promise<readonly Promise<RawAnswer>[]> {
  const answers: Promise<RawAnswer>[] = [];
  for (let i = 0; i < CLIENTS; i++) {
    for (const method of ["GET", "PUT", "DELETE"]) {
      const client = await flow.connect();
      const put = method === "PUT";
      client.write(put ? headOf(flow, "/bucket/key", UPLOAD) : bodiless(flow, method));
      if (put) client.write(Buffer.alloc(UPLOAD));
      answers.push(client.finalAnswer(method));
    }
  }
  return answers;
}

function bodiless(flow: Flow, method: string): Buffer {
  return bytesOf(flow.signed(method, "/bucket/key"));
}

/** As S3 clients see it: an error document, or an object that is visibly not whole. */
function told(answer: RawAnswer): string {
  return answer.whole ? `${answer.status} ${codeOf(answer)}` : `${answer.status} broken`;
}

for (const [what, signal, kind] of [
  ["killed", "SIGKILL", "reset"],
  ["stopped", "SIGSTOP", "timeout"],
] as const) {
  test(`a store that is ${what} within everything: its clients hear it, and others are served again`, async (t) => {
    const [port = 0] = await freePorts(1);
    const { child, asked } = await startChild(t, port);
    const flow = await startFlow(t, `http://127.0.0.1:${port}`, {
      store: { headersTimeout: "2s" },
      limits: { idleTimeout: "2s" },
    });
    const pending = await begin(flow);
    await until(() => asked() >= pending.length);
    child.kill(signal);
    const answers = (await Promise.all(pending)).map(told);
    const one = ["200 broken", "503 ServiceUnavailable", "503 ServiceUnavailable"];
    assert.deepEqual(answers, Array.from({ length: CLIENTS }, () => one).flat());
    const records = await flow.gateway.records(pending.length);
    assert.deepEqual(
      new Set(
        records.map(({ outcome, upstreamError }) => `${String(outcome)} ${String(upstreamError)}`),
      ),
      new Set([`failed ${kind}`]),
    );
    assert.equal(records.length, pending.length);
    if (signal === "SIGSTOP") child.kill("SIGCONT");
    else await startChild(t, port);
    await until(async () => (await flow.exchange("GET", "/bucket/key")).status === 200);
    assert.deepEqual(flow.gateway.errors, []);
  });
}
