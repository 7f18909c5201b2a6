import { compileSnapshot } from "../config/compile.ts";
import type { Config } from "../config/config.ts";
import type { Problem } from "../lib/problem.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { readClaims } from "./claim-reader.ts";
import { knownIn } from "./known-names.ts";
import { prove, whoIs } from "./prove.ts";
import { sceneOf } from "./scene.ts";

/**
 * The number of claims that hold for a configuration, and the number of those that could not be
 * decided.
 */
export type KeptClaims = { readonly holding: number; readonly undecided: number };

/**
 * Proves the claims of `text`. The error has every claim that `config` breaks, with the request that
 * breaks it, and every line that is no claim. What is not decided breaks nothing; what the state keeps
 * of buckets is not read. `file`: of the claims.
 */
export function keptClaims(
  config: Config,
  file: string,
  text: string,
  nowMs: number,
): Result<KeptClaims, readonly Problem[]> {
  const claims = readClaims(text, file, knownIn(config));
  if (!claims.ok) return claims;
  const scene = sceneOf(compileSnapshot(config, 1), undefined, nowMs);
  const proofs = claims.value.map((claim) => ({ claim, proof: prove(scene, claim) }));
  const problems = proofs.flatMap(({ claim, proof }) => {
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
  if (problems.length > 0) return err(problems);
  const holding = proofs.filter(({ proof }) => proof.kind === "holds").length;
  return ok({ holding, undecided: proofs.length - holding });
}
