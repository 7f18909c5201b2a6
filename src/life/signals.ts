/** Resolves with the name of the first signal that asks the process to end. */
export function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve("SIGTERM"));
    process.once("SIGINT", () => resolve("SIGINT"));
  });
}

/**
 * Hears SIGHUP from now on, which would end a process that does not. What it gives says what is to be
 * done at each; of those that came before, it is done once.
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
