import { type LoadFnOutput, registerHooks, stripTypeScriptTypes } from "node:module";
import { pathToFileURL } from "node:url";

const COLLECTED = new URL("collected.ts", import.meta.url).href;

/** The version of the project's own modules that is imported now; those of packages have only one. */
let generation = 0;

const read = new Map<string, LoadFnOutput>();

/**
 * From now on, the modules below the working folder are loaded anew in each generation, each from text
 * that was read once; `node:test` is collected.ts for them.
 */
export function loadAnew(): void {
  const own = `${pathToFileURL(process.cwd()).href}/`;
  const isOwn = (url: string) => url.startsWith(own) && !url.includes("/node_modules/");
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === "node:test" && isOwn(context.parentURL ?? ""))
        return { url: COLLECTED, shortCircuit: true };
      const found = next(specifier, context);
      if (!isOwn(found.url)) return found;
      return { ...found, url: `${plain(found.url)}?generation=${generation}` };
    },
    load(url, context, next) {
      if (!isOwn(url)) return next(url, context);
      const known = read.get(plain(url));
      if (known !== undefined) return known;
      const loaded = { ...withoutTypes(next(url, context)), shortCircuit: true };
      read.set(plain(url), loaded);
      return loaded;
    },
  });
}

export function nextGeneration(): void {
  generation += 1;
}

/** Imports a file of the working folder in this generation. */
export async function importFile(file: string): Promise<void> {
  await import(pathToFileURL(file).href);
}

function plain(url: string): string {
  return url.replace(/\?.*$/u, "");
}

function withoutTypes(loaded: LoadFnOutput): LoadFnOutput {
  if (loaded.format !== "module-typescript") return loaded;
  const { source } = loaded;
  const text = typeof source === "string" ? source : new TextDecoder().decode(source);
  return { ...loaded, format: "module", source: stripTypeScriptTypes(text) };
}
