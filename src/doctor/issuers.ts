import type { Config } from "../config/config.ts";
import { count } from "../lib/words.ts";
import { openKeyFetcher } from "../sts/issuer-fetch.ts";
import { fine, problem, type Diagnosis } from "./diagnosis.ts";

/** Each issuer of tokens: whether its keys can be had from here, as the gateway would ask for them. */
export async function examineIssuers({ issuers }: Config): Promise<readonly Diagnosis[]> {
  const findings: Diagnosis[] = [];
  for (const issuer of issuers) {
    const about = `issuer ${issuer.name}`;
    const fetcher = openKeyFetcher(issuer);
    const keys = await fetcher.fetch();
    await fetcher.close();
    const where = issuer.keys.kind === "file" ? " in its file" : "";
    findings.push(
      keys.ok
        ? fine(about, `has ${count(keys.value.keys.length, "key")}${where}`)
        : problem(about, keys.error, ISSUER),
    );
  }
  return findings;
}

const ISSUER =
  "Without its keys its tokens open nothing: check url, caFile and the way there, or name a jwks file";
