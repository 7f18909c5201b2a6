import { readDirectoryAnswer, type DirectoryUser } from "../config/directory-answer.ts";
import type { DirectoryConfig } from "../config/config.ts";
import { gateHead } from "../http/field-gate.ts";
import { encodeComponent } from "../http/percent.ts";
import { decodeUtf8 } from "../lib/utf8.ts";
import { readBearer } from "./bearer.ts";
import { LOOKUPS_MAX } from "./lookup-queue.ts";
import { soundPool } from "./sound-client.ts";
import { PROBE, unavailable, type SourceAnswer } from "./source-answer.ts";
import { readUpTo } from "./whole-body.ts";

/** A directory that is asked over HTTP. */
export type DirectoryClient = {
  /** Asks. Never rejects for a fault of the other side. */
  readonly ask: (accessKeyId: string) => Promise<SourceAnswer<DirectoryUser>>;
  /**
   * Returns true if it refused the gateway's own credential in its last answer to the probe;
   * `undefined` if none came yet.
   */
  readonly refused: () => boolean | undefined;
  /** Lets questions under way be answered. */
  readonly close: () => Promise<void>;
};

/** The longest time of an answer, all in all. */
const ANSWER_MS_MAX = 2_000;
const LATE = `No answer within ${ANSWER_MS_MAX} ms`;
/** A key with ten policies; no answer is read beyond it. */
const DIRECTORY_BYTES_MAX = 128 * 1024;

/** Opens the way to `config.url`; nothing is asked yet. */
export function openDirectoryClient(config: DirectoryConfig): DirectoryClient {
  const { ca, clientCertificate } = config;
  const { origin, pathname, host } = new URL(config.url);
  const pool = soundPool(origin, {
    connections: LOOKUPS_MAX,
    connect: {
      timeout: ANSWER_MS_MAX,
      ...(ca === undefined ? {} : { ca }),
      ...clientCertificate,
    },
  });
  let refused: boolean | undefined;
  let probing: Promise<SourceAnswer<DirectoryUser>> | undefined;
  const request = async (
    accessKeyId: string,
    signal: AbortSignal,
  ): Promise<SourceAnswer<DirectoryUser>> => {
    const token = await tokenOf(config);
    const authorization = token === undefined ? [] : ["authorization", `Bearer ${token}`];
    const head = gateHead({
      method: "GET",
      target: `${pathname.replace(/\/$/, "")}/${encodeComponent(accessKeyId)}`,
      headers: ["host", host, "accept", "application/json", ...authorization],
    });
    if (!head.ok) return unavailable("key", `The question's ${head.error.part} is invalid`);
    const { target: path, headers } = head.value;
    // A redirect is an answer with another status: undici follows none unless it is told to.
    const answer = await pool.request({ method: "GET", path, headers: [...headers], signal });
    const { statusCode: status, body } = answer;
    // A firewall in front of a directory may answer other keys, which strangers choose.
    const isProbe = accessKeyId === PROBE;
    if (isProbe && (status === 401 || status === 403)) refused = true;
    if (status === 200 || (isProbe && status === 404)) refused = false;
    if (status === 200) return readAnswerOf(accessKeyId, await readUpTo(body, DIRECTORY_BYTES_MAX));
    await body.dump({ limit: DIRECTORY_BYTES_MAX, signal });
    return status === 404 ? { kind: "nobody" } : unavailable("source", reasonOf(status));
  };
  const answerTo = async (accessKeyId: string): Promise<SourceAnswer<DirectoryUser>> => {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    try {
      return await request(accessKeyId, signal).catch((error: unknown) => {
        // A directory may close a connection at rest just when the next question goes there.
        if (isLost(error)) return request(accessKeyId, signal);
        throw error;
      });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return unavailable("source", error.name === "TimeoutError" ? LATE : error.message);
    }
  };
  return {
    ask: async (accessKeyId) => {
      const answer = await answerTo(accessKeyId);
      if (accessKeyId === PROBE || answer.kind !== "unavailable") return answer;
      if (answer.about === "key") return answer;
      // Strangers choose keys. The answer that one of them provokes from a directory, or a firewall in
      // front of it, must not keep all others from being looked up, nor must its silence: the probe
      // says how the directory is.
      probing ??= answerTo(PROBE).finally(() => (probing = undefined));
      const probed = await probing;
      const isWell = probed.kind !== "unavailable" || probed.about === "key";
      return isWell ? unavailable("key", answer.why) : answer;
    },
    refused: () => refused,
    close: () => pool.close(),
  };
}

/** Returns true if the connection ended before an answer came. */
function isLost(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return error.code === "UND_ERR_SOCKET" || error.code === "ECONNRESET";
}

async function tokenOf({ token }: DirectoryConfig): Promise<string | undefined> {
  return token?.kind === "file" ? readBearer(token.file) : token?.text;
}

function reasonOf(status: number): string {
  const text = `The answer has status ${status}`;
  return status === 401 || status === 403 ? `${text}: it refuses the gateway's credential` : text;
}

/** `body`: undefined if it was too long. */
function readAnswerOf(accessKeyId: string, body: Buffer | undefined): SourceAnswer<DirectoryUser> {
  if (body === undefined) {
    return unavailable("key", `The answer has more than ${DIRECTORY_BYTES_MAX} bytes`);
  }
  const text = decodeUtf8(body);
  if (text === undefined) return unavailable("key", "The answer is not UTF-8");
  const user = readDirectoryAnswer(text);
  if (!user.ok) return unavailable("key", user.error);
  if (user.value.accessKey === accessKeyId) {
    return { kind: "user", user: user.value, bytes: body.length };
  }
  return unavailable("key", "The answer is about another access key");
}
