/**
 * When a sealing key was made, milliseconds since the epoch, if its id begins with a date such as
 * `2026-11` or `2026-11-30`: nothing else tells the age of a key. `undefined`: the id has no date.
 */
export function sealingKeyMadeMs(id: string): number | undefined {
  const [, month, day = "01"] = /^(\d{4}-\d{2})(?:-(\d{2}))?(?![0-9A-Za-z])/.exec(id) ?? [];
  const madeMs = month === undefined ? Number.NaN : Date.parse(`${month}-${day}T00:00:00Z`);
  if (Number.isNaN(madeMs)) return undefined;
  // 30 February is read as a day of March.
  return new Date(madeMs).toISOString().startsWith(`${month}-${day}`) ? madeMs : undefined;
}
