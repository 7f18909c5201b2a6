/**
 * The steps of long work that wait for their turn: one of them runs in each turn of the event loop.
 * So others wait for one step, however many requests do long work at once. As many wait as there
 * are such requests.
 */
const waiting: (() => void)[] = [];

/** Resolves when the caller may do its next step. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(serveOne);
  });
}

function serveOne(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(serveOne);
}
