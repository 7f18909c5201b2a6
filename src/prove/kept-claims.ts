import { compileSnapshot } from "../config/compile.ts";
import type { Config } from "../config/config.ts";
import type { Problem } from "../lib/problem.ts";
import { readClaims } from "./claim-reader.ts";
import { knownIn } from "./known-names.ts";
import { prove, whoIs } from "./prove.ts";
import { sceneOf } from "./scene.ts";

/**
 * Every claim of `text` that `config` breaks, with the request that breaks it, and every line that is
 * no claim. What is not decided breaks nothing; what the state keeps of buckets is not read. `file`: of
 * the claims.
 */
export function brokenClaims(
  config: Config,
  file: string,
  text: string,
  nowMs: number,
): readonly Problem[] {
  const claims = readClaims(text, file, knownIn(config));
  if (!claims.ok) return claims.error;
  const scene = sceneOf(compileSnapshot(config, 1), undefined, nowMs);
  return claims.value.flatMap((claim) => {
    const proof = prove(scene, claim);
    if (proof.kind !== "broken") return [];
    const { question, cell } = proof;
    return [
      {
        file,
        line: claim.line,
        column: 1,
        path: "",
        message: `The configuration breaks a claim: ${claim.text}`,
        remedy: `${whoIs(cell.key)} may ${question.request} from ${question.ip}: see s3warden prove`,
      },
    ];
  });
}
