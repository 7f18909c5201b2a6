/** The doctor's finding on one thing that the configuration depends on. */
export type Diagnosis = {
  /** `warning`: it works, but hardly as meant, or not for long. */
  readonly state: "ok" | "warning" | "problem";
  /** The thing, such as `store http://127.0.0.1:7480`. */
  readonly about: string;
  readonly text: string;
  /** The remedy; `undefined` if there is nothing to do. */
  readonly remedy?: string;
};

export function fine(about: string, text: string): Diagnosis {
  return { state: "ok", about, text };
}

export function warning(about: string, text: string, remedy: string): Diagnosis {
  return { state: "warning", about, text, remedy };
}

export function problem(about: string, text: string, remedy: string): Diagnosis {
  return { state: "problem", about, text, remedy };
}
