import type { Config } from "../config/config.ts";
import type { Credential } from "../signature/credential.ts";
import { askEndpoint, type StoreWord } from "./ask-endpoint.ts";
import { fine, problem, warning, type Diagnosis } from "./diagnosis.ts";

/** Clocks further apart than this deserve a word, as does the limit at which stores refuse (15 m). */
const CLOCK_MS_WARN = 60_000;
const CLOCK_MS_MAX = 15 * 60_000;
/** The most credentials that are tried: each costs the store a question. */
const CREDENTIALS_MAX = 200;

/**
 * Examines each endpoint of the store, its clock, and each credential that the store is asked with.
 */
export async function examineStore({ upstream, accounts }: Config): Promise<readonly Diagnosis[]> {
  const findings: Diagnosis[] = [];
  let living: string | undefined;
  for (const { origin } of upstream.endpoints) {
    const about = `store ${origin}`;
    const word = await askEndpoint(upstream, origin, undefined);
    if (!word.ok) {
      findings.push(problem(about, `no answer: ${word.error}`, NO_ANSWER));
      continue;
    }
    living ??= origin;
    const took = Math.round(word.value.milliseconds);
    findings.push(fine(about, `answers in ${took} ms`), ...clock(about, word.value));
  }
  if (living === undefined) return findings;
  const credentials = credentialsOf(accounts);
  for (const [about, credential] of credentials.slice(0, CREDENTIALS_MAX)) {
    findings.push(await examineCredential(upstream, living, about, credential));
  }
  if (credentials.length > CREDENTIALS_MAX) {
    const text = `${CREDENTIALS_MAX} of ${credentials.length} credentials were tried`;
    findings.push(warning("accounts", text, "Try the others by a client of theirs"));
  }
  return findings;
}

const NO_ANSWER =
  "Is upstream.endpoints right, does the store run, and does a firewall let it be reached?";

function clock(about: string, { dateMs }: StoreWord): readonly Diagnosis[] {
  if (dateMs === undefined) return [];
  const apartMs = Math.abs(Date.now() - dateMs);
  const text = `its clock is ${Math.round(apartMs / 1000)} s from this one`;
  const remedy = "Let both follow the same time, by chrony or NTP";
  if (apartMs >= CLOCK_MS_MAX) {
    return [problem(about, `${text}: it refuses every request that the gateway signs`, remedy)];
  }
  return apartMs >= CLOCK_MS_WARN ? [warning(about, text, remedy)] : [];
}

/** Returns one credential of each account that signs for the store, with the account's name. */
function credentialsOf(
  accounts: Config["accounts"],
): readonly (readonly [about: string, credential: Credential])[] {
  return accounts.flatMap((account) => {
    const credential = storeCredential(account);
    if (credential === undefined) return [];
    const whose = account.upstream === undefined ? "its own key" : "upstream";
    return [[`account ${account.name}: ${whose} ${credential.accessKeyId}`, credential] as const];
  });
}

/**
 * Returns the credential that signs for the store in the name of an account; `undefined` if the
 * file has none.
 */
export function storeCredential({
  upstream,
  keys,
}: Config["accounts"][number]): Credential | undefined {
  const { accessKey, secretKey } = upstream ?? keys.find(({ disabled }) => !disabled) ?? {};
  if (accessKey === undefined || secretKey === undefined) return undefined;
  return { accessKeyId: accessKey, secret: secretKey };
}

async function examineCredential(
  upstream: Config["upstream"],
  origin: string,
  about: string,
  credential: Credential,
): Promise<Diagnosis> {
  const word = await askEndpoint(upstream, origin, credential);
  if (!word.ok) return problem(about, `no answer: ${word.error}`, NO_ANSWER);
  const { status, code = "" } = word.value;
  if (status === 200) return fine(about, "the store knows it");
  const said = `the store answers ${status} ${code}`.trimEnd();
  const remedy = REMEDIES.get(code);
  if (remedy !== undefined) return problem(about, said, remedy);
  return warning(about, said, "The store does not list its buckets for this credential");
}

const REMEDIES: ReadonlyMap<string, string> = new Map([
  [
    "InvalidAccessKeyId",
    "The store has no such access key: make the user there, or correct the key",
  ],
  ["SignatureDoesNotMatch", "The secret is another at the store, or upstream.region is wrong"],
  ["RequestTimeTooSkewed", "The clocks differ: let both follow the same time, by chrony or NTP"],
  ["AuthorizationHeaderMalformed", "upstream.region is not the store's"],
  ["UserSuspended", "The user is suspended at the store"],
]);
