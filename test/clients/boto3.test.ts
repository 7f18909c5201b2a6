import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { runProgram } from "../support/program.ts";
import { compareDays } from "./compare.ts";
import { FOX, ODD_KEYS, REGION, type Outcome, type Site } from "./day.ts";
import { CORS_RULE, LIFECYCLE_RULE, openPolicy } from "./documents.ts";
import type { Day } from "./steps.ts";

const SCRIPT = fileURLToPath(new URL("day.py", import.meta.url));
const VENV_PYTHON = fileURLToPath(new URL("../../.venv/bin/python", import.meta.url));
const CANNOT = {
  "finds a bucket by its host name": "needs a resolver that knows the bucket's name",
};

/** Runs Debian's boto3 1.26, from before checksums and trailers became the default. */
compareDays({
  name: "boto3-debian",
  needs: [
    {
      name: "Debian's boto3",
      present: hasBoto3("/usr/bin/python3"),
      install: "apt-get install -y --no-install-recommends python3-boto3",
    },
  ],
  day: (site) => boto3Day("/usr/bin/python3", site),
  cannot: { ...CANNOT, "uploads with trailing checksums": "sends trailers only when asked to" },
});

/** Runs the current boto3 (requirements.txt), which checksums every upload. */
compareDays({
  name: "boto3-current",
  needs: [
    {
      name: "current boto3",
      present: hasBoto3(VENV_PYTHON),
      install: "python3 -m venv .venv && .venv/bin/pip install -r test/clients/requirements.txt",
    },
  ],
  day: (site) => boto3Day(VENV_PYTHON, site),
  cannot: CANNOT,
});

function hasBoto3(python: string): boolean {
  return spawnSync(python, ["-c", "import boto3"]).status === 0;
}

async function boto3Day(python: string, site: Site): Promise<Day> {
  const input = Buffer.from(
    JSON.stringify({
      ...site,
      region: REGION,
      fox: FOX,
      oddKeys: ODD_KEYS,
      corsRule: CORS_RULE,
      lifecycleRule: LIFECYCLE_RULE,
      openPolicy: openPolicy(site.bucket),
    }),
  );
  const ended = await runProgram(python, [SCRIPT], { env: { HOME: site.scratch }, input });
  if (ended.status !== 0) throw new Error(`Cannot finish day.py: ${ended.errors}`);
  const lines = ended.output.toString().trim().split("\n");
  return new Map(lines.map((line) => reported(line)));
}

/** Reads one line of day.py. */
function reported(line: string): [string, Outcome] {
  const { step, outcome }: { step: string; outcome: Outcome } = JSON.parse(line);
  return [step, outcome];
}
