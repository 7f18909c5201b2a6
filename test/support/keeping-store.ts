import { buffer } from "node:stream/consumers";
import { startHttpStore, type ScriptedStore } from "./scripted-store.ts";

/** Starts a store that keeps objects in memory: PUT and GET, nothing else. */
export function startKeepingStore(): Promise<ScriptedStore> {
  const objects = new Map<string, Buffer>();
  return startHttpStore((request, response) => {
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    if (request.method !== "PUT") {
      const object = objects.get(path);
      response.statusCode = object === undefined ? 404 : 200;
      response.end(object);
      return;
    }
    const kept = buffer(request).then((body) => objects.set(path, body));
    // An upload that breaks off leaves the old object in place.
    kept.then(
      () => response.setHeader("etag", '"kept"').end(),
      () => response.destroy(),
    );
  });
}
