import type { Problem } from "../lib/problem.ts";
import { ok, type Result } from "../lib/result.ts";
import { compileProvider } from "./compile.ts";
import type { Provider } from "./provider.ts";
import { ProviderSchema } from "./schema.ts";
import { readYaml } from "./yaml-file.ts";

/**
 * Reads a provider's file (config/providers/*.yaml; S3-AUTHORIZATION section 5). `file` is only a
 * name for places. The error lists every problem: an unknown key, action, condition key, group or
 * tier is never passed over.
 */
export function parseProvider(text: string, file: string): Result<Provider, readonly Problem[]> {
  const read = readYaml(text, file, ProviderSchema);
  return read.ok ? ok(compileProvider(read.value)) : read;
}
