/** Resolves with the name of the first signal that asks the process to end. */
export function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve("SIGTERM"));
    process.once("SIGINT", () => resolve("SIGINT"));
  });
}

/**
 * Listens for SIGHUP from now on, which would end a process that does not. Returns a function that
 * sets the action for each signal; for all signals before that, the action runs once.
 */
export function reloadSignal(): (act: () => void) => void {
  let early = false;
  let heard = (): void => {
    early = true;
  };
  process.on("SIGHUP", () => heard());
  return (act) => {
    heard = act;
    if (early) act();
  };
}
