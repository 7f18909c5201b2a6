import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type Server } from "node:http";

/**
 * A function that returns the key of an access key, as docs/openapi/identities.yaml has it;
 * `undefined` if it is nobody's.
 */
export type LookUp = (accessKey: string) => Promise<object | undefined>;

/** Reads a setting of the environment. If it is missing, the program says so and ends. */
export function setting(name: string, otherwise?: string): string {
  const value = process.env[name] ?? otherwise;
  if (value !== undefined && value !== "") return value;
  console.error(`Set the environment variable ${name}`);
  process.exit(1);
}

/**
 * Serves `GET /s3/ACCESSKEY` to callers with DIRECTORY_TOKEN, on PORT of loopback. Put a TLS proxy
 * in front if the gateway is on another machine.
 */
export function serve(lookUp: LookUp): Server {
  const expected = digest(`Bearer ${setting("DIRECTORY_TOKEN")}`);
  const server = createServer((request, response) => {
    const answer = (status: number, key?: object): void => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(key === undefined ? "" : JSON.stringify(key));
    };
    if (!timingSafeEqual(digest(request.headers.authorization ?? ""), expected)) return answer(401);
    const accessKey = accessKeyIn(request.url ?? "");
    if (request.method !== "GET" || accessKey === undefined) return answer(400);
    lookUp(accessKey).then(
      (key) => (key === undefined ? answer(404) : answer(200, key)),
      (error: unknown) => {
        // The gateway treats it as no answer, and known keys stay valid meanwhile.
        console.error(
          error instanceof Error ? error.message : "The directory behind cannot be read",
        );
        answer(502);
      },
    );
  });
  const port = Number(setting("PORT", "8090"));
  return server.listen(port, "127.0.0.1", () => console.log(JSON.stringify(server.address())));
}

/** Returns a digest of a text of any length, so that a comparison reveals nothing. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/**
 * Returns the access key in a URL; `undefined` if it is not one segment below /s3/, or not a
 * possible access key.
 */
function accessKeyIn(url: string): string | undefined {
  const segment = /^\/s3\/([^/?#]+)$/.exec(url)?.[1];
  if (segment === undefined) return undefined;
  try {
    const accessKey = decodeURIComponent(segment);
    // A dot, or two, would be another path in the next URL.
    if (accessKey === "." || accessKey === "..") return undefined;
    return /^[!-+\-.0-~]{1,128}$/.test(accessKey) ? accessKey : undefined;
  } catch {
    return undefined;
  }
}
