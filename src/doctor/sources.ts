import { randomUUID } from "node:crypto";
import type { Config } from "../config/config.ts";
import { openAdminOps } from "../identity/admin-ops.ts";
import { openDirectoryClient } from "../identity/directory-client.ts";
import { PROBE } from "../identity/source-answer.ts";
import { probeConditions } from "../state/conditions.ts";
import { openState, stateClient } from "../state/open.ts";
import { fine, problem, warning, type Diagnosis } from "./diagnosis.ts";

/**
 * Examines each Ceph whose users may log in: the gateway's own user must be known and able to read
 * users.
 */
export async function examineCeph({ ceph }: Config): Promise<readonly Diagnosis[]> {
  const findings: Diagnosis[] = [];
  for (const config of ceph) {
    const about = `identities ${config.endpoint.origin}`;
    const ops = openAdminOps(config);
    const answer = await ops.ask({ kind: "key", accessKeyId: config.accessKey });
    await ops.close();
    findings.push(
      answer.kind === "user"
        ? fine(about, `the user "${answer.user.name}" may read users`)
        : answer.kind === "nobody"
          ? problem(about, `${config.accessKey} may not read users`, CAPS)
          : problem(about, `no answer: ${answer.why}`, "Is the endpoint an RGW, and does it run?"),
    );
  }
  return findings;
}

const CAPS =
  'Correct the key or its secret, or give its user the capability: radosgw-admin caps add --uid=… --caps="users=read"';

/**
 * Examines each directory: it must answer the gateway, and a key that nobody has must be nobody's.
 */
export async function examineDirectories({ directories }: Config): Promise<readonly Diagnosis[]> {
  const findings: Diagnosis[] = [];
  for (const config of directories) {
    const about = `identities ${config.url}`;
    const client = openDirectoryClient(config);
    const answer = await client.ask(PROBE);
    await client.close();
    findings.push(
      answer.kind === "nobody"
        ? fine(about, "answers, and does not know a key that nobody has")
        : answer.kind === "user"
          ? problem(about, `has a key ${PROBE}, which nobody must have`, "Remove it there")
          : problem(about, `no answer: ${answer.why}`, DIRECTORY),
    );
  }
  return findings;
}

const DIRECTORY = "It must answer 404 to GET url/s3warden-probe: see docs/openapi/identities.yaml";

/**
 * Examines the place of bucket records: if it can be written, and if several gateways can share it.
 */
export async function examineState({ state, upstream }: Config): Promise<readonly Diagnosis[]> {
  if (state === undefined) return [];
  const where = state.kind === "directory" ? state.path : `bucket ${state.bucket}`;
  const about = `state ${where}`;
  const opened = await openState(state, upstream);
  if (!opened.ok) return [problem(about, opened.error, STATE)];
  await opened.value.close();
  const usable = fine(about, "can be used");
  if (state.kind === "directory") return [usable];
  const client = await stateClient(state, upstream);
  const conditions = await probeConditions(client, `doctor-${randomUUID()}`);
  await client.close();
  if (!conditions.ok) return [problem(about, conditions.error, STATE)];
  if (conditions.value !== "none") return [usable, fine(about, "conditional writes are honoured")];
  const text = "the store ignores conditional writes";
  return [usable, warning(about, text, "Let one gateway at a time change policies and shares")];
}

const STATE = "Without it no bucket's owner or policy is known: the gateway does not start";
