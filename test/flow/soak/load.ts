/**
 * The soak's clients, a process of its own: told by message what to do, it asks by chance, leaves by
 * chance, and tells what each request that it waited for came to.
 */
import { z } from "zod";
import { codeOf, headerOf, RawClient, type RawAnswer } from "../../support/raw-client.ts";
import { between, oneOf, randomFrom } from "../../support/seeds.ts";
import { bytesOf, plus } from "../../support/signed.ts";
import { drawRequest, type Wanted } from "./requests.ts";

const TaskSchema = z.object({
  /** `host:port`. */
  host: z.string(),
  seed: z.number(),
  count: z.number(),
  clients: z.number(),
});

/** What came of a task. */
export type Load = {
  /** By the request's name, which stands in its User-Agent: status and code. */
  readonly answers: readonly (readonly [name: string, answer: string])[];
  /** Requests whose client went away. */
  readonly left: readonly string[];
  /** What was not as it must be; the first few. */
  readonly wrong: readonly string[];
};

const LEAVE_SHARE = 0.12;
const WRONG_MAX = 20;

process.on("message", (message) => {
  run(TaskSchema.parse(message)).then(
    (load) => process.send?.(load),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});

async function run({ host, seed, count, clients }: z.output<typeof TaskSchema>): Promise<Load> {
  const load = { answers: [], left: [], wrong: [] };
  let begun = 0;
  const busy = Array.from({ length: clients }, async (_, i) => {
    const client = new Client(host, randomFrom(seed + i), load);
    while (begun < count) await client.once(`soak-${seed}-${begun++}`);
    client.close();
  });
  await Promise.all(busy);
  return load;
}

/** One after another on a connection that is kept as long as the gateway keeps it. */
class Client {
  readonly #host: string;
  readonly #random: () => number;
  readonly #load: { answers: [string, string][]; left: string[]; wrong: string[] };
  #connection: RawClient | undefined;

  constructor(
    host: string,
    random: () => number,
    load: { answers: [string, string][]; left: string[]; wrong: string[] },
  ) {
    this.#host = host;
    this.#random = random;
    this.#load = load;
  }

  async once(name: string): Promise<void> {
    const wanted = drawRequest({ random: this.#random, host: this.#host });
    const request = plus(wanted.request, ["user-agent", name]);
    const bytes = bytesOf(request);
    const connection = (this.#connection ??= await RawClient.connect(this.#host));
    if (this.#random() < LEAVE_SHARE) {
      this.#load.left.push(name);
      await this.#leave(connection, bytes, bytes.length - request.body.length);
      return;
    }
    connection.write(bytes);
    const answer = await this.#answerTo(name, connection, request.method);
    if (answer === undefined) return;
    this.#load.answers.push([name, `${answer.status} ${codeOf(answer)}`.trim()]);
    this.#judge(name, wanted, answer);
    if (connection.ended || headerOf(answer, "connection") === "close") this.close();
  }

  close(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  async #answerTo(
    name: string,
    connection: RawClient,
    method: string,
  ): Promise<RawAnswer | undefined> {
    try {
      return await connection.finalAnswer(method);
    } catch (error) {
      this.#wrong(`${name} ${method}: ${String(error)}`);
      this.close();
      return undefined;
    }
  }

  /** Goes away in the head, in the body, when all is sent, or within the answer. */
  async #leave(connection: RawClient, bytes: Buffer, head: number): Promise<void> {
    this.#connection = undefined;
    const random = this.#random;
    const sent = oneOf(random, [
      between(random, 0, head - 1),
      between(random, head, bytes.length),
      bytes.length,
      bytes.length,
    ]);
    connection.write(bytes.subarray(0, sent));
    const ms = between(random, 0, 3);
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    if (random() < 0.5) connection.destroy();
    else connection.break();
  }

  #judge(name: string, { request, answer }: Wanted, got: RawAnswer): void {
    const told = `${got.status} ${codeOf(got)}`.trim();
    const bytes = /\/bytes\/(\d+)/.exec(request.target)?.[1];
    const what = `${name} ${request.method} ${request.target}`;
    if (told !== answer) this.#wrong(`${what}: ${told}, not ${answer}`);
    else if (!got.whole) this.#wrong(`${what}: broken off`);
    else if (bytes !== undefined && answer === "200" && got.body.length !== Number(bytes)) {
      this.#wrong(`${what}: ${got.body.length} bytes`);
    }
  }

  #wrong(text: string): void {
    if (this.#load.wrong.length < WRONG_MAX) this.#load.wrong.push(text);
  }
}
