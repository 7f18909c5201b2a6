import { DAY, type Facts, type Outcome, type Site, type StepName } from "./day.ts";

/** What a client did on one day, by step name. */
export type Day = ReadonlyMap<string, Outcome>;

/** How a client does each step that it can do. What it returns it has seen; a failure is thrown. */
export type Steps = Partial<Record<StepName, (site: Site) => Promise<Facts>>>;

/** Does the steps in DAY's order, whatever becomes of each. `codeOf`: the S3 code of what was thrown. */
export async function runSteps(
  steps: Steps,
  codeOf: (error: unknown) => string,
  site: Site,
): Promise<Day> {
  const known = new Map(Object.entries(steps));
  const day = new Map<string, Outcome>();
  for (const name of Object.keys(DAY)) {
    const step = known.get(name);
    if (step !== undefined) day.set(name, await outcomeOf(step(site), codeOf));
  }
  return day;
}

async function outcomeOf(
  facts: Promise<Facts>,
  codeOf: (error: unknown) => string,
): Promise<Outcome> {
  try {
    return { ok: true, ...(await facts) };
  } catch (error) {
    return { ok: false, code: codeOf(error) };
  }
}
