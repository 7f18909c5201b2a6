import { buffer } from "node:stream/consumers";
import { startHttpStore, type ScriptedStore } from "./scripted-store.ts";

/** A store that keeps objects in memory: PUT and GET, nothing else. */
export function startKeepingStore(): Promise<ScriptedStore> {
  const objects = new Map<string, Buffer>();
  return startHttpStore(async (request, response) => {
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    try {
      if (request.method === "PUT") {
        objects.set(path, await buffer(request));
        response.setHeader("etag", '"kept"').end();
        return;
      }
      const object = objects.get(path);
      response.statusCode = object === undefined ? 404 : 200;
      response.end(object);
    } catch {
      // The upload broke off: what was there before stays.
      response.destroy();
    }
  });
}
