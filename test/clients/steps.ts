import { DAY, type Facts, type Outcome, type Site, type StepName } from "./day.ts";

/** The outcomes of a client's day, by step name. */
export type Day = ReadonlyMap<string, Outcome>;

/**
 * The client's actions for the steps that it can do. Each returns the facts that it has seen, and
 * throws a failure.
 */
export type Steps = Partial<Record<StepName, (site: Site) => Promise<Facts>>>;

/**
 * Takes the steps in DAY's order, whatever the outcome of each. `codeOf`: returns the S3 code of a
 * thrown error.
 */
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
