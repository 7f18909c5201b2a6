import type { BucketRecord } from "../admission/record.ts";
import type { Snapshot } from "../admission/snapshot.ts";
import { compileSnapshot, recordReader, type KeptBucket } from "../config/compile.ts";
import type { Config } from "../config/config.ts";
import type { PolicyClaim } from "./claim.ts";
import { readClaims } from "./claim-reader.ts";
import { knownIn } from "./known-names.ts";
import { prove, whoIs } from "./prove.ts";
import { sceneOf } from "./scene.ts";

/** A claim that a bucket would not be shown to keep, in plain data. */
export type Unkept = {
  /** The claim as it is written. */
  readonly claim: string;
  /** `broken`: by a request; else it is not decided. */
  readonly broken: boolean;
  /** The place of the claim, and the request that breaks it or the reason why it is not decided. */
  readonly why: string;
};

/** The claims of `config` that bucket policies must keep; none if its file is not to be read. */
export function enforcedClaims(config: Config): readonly PolicyClaim[] {
  const { claims: file, claimsText } = config.reload;
  if (file === undefined || claimsText === undefined) return [];
  const claims = readClaims(claimsText, file, knownIn(config));
  return claims.ok ? claims.value.filter(({ enforced }) => enforced) : [];
}

/**
 * Returns a judge of the record of a bucket: it returns the first enforced claim of `config` that
 * is not shown to hold for all requests about that bucket. `undefined` if all of them hold.
 */
export function bucketJudge(
  config: Config,
): (name: string, remembered: KeptBucket, nowMs: number) => Unkept | undefined {
  const claims = enforcedClaims(config);
  const snapshot = compileSnapshot(config, 1);
  const compile = recordReader(config);
  const file = config.reload.claims ?? "";
  return (name, remembered, nowMs) => {
    const record = compile(name, remembered);
    if (!record.ok) return { claim: claims[0]?.text ?? "", broken: false, why: record.error };
    return unkept(snapshot, claims, record.value, file, nowMs);
  };
}

function unkept(
  snapshot: Snapshot,
  claims: readonly PolicyClaim[],
  record: BucketRecord,
  file: string,
  nowMs: number,
): Unkept | undefined {
  // Nothing is said of the other buckets, since no request about this one depends on them.
  const alone = { ...snapshot, buckets: new Map() };
  const scene = sceneOf(alone, new Map([[record.id, record]]), nowMs);
  for (const claim of claims) {
    const proof = prove(scene, claim, record.id);
    if (proof.kind === "holds") continue;
    const place = `${file}:${claim.line ?? 1}`;
    if (proof.kind === "not decided") {
      return { claim: claim.text, broken: false, why: `${place}: ${proof.why.join("; ")}` };
    }
    const { cell, question } = proof;
    const request = `${whoIs(cell.key)} could ${question.request} from ${question.ip}`;
    return { claim: claim.text, broken: true, why: `${place}: ${request}` };
  }
  return undefined;
}
