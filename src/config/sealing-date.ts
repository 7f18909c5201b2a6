/**
 * Returns the time when a sealing key was made, in milliseconds since the epoch, by the date that its id
 * begins with, such as `2026-11` or `2026-11-30`. `undefined` if it has none: nothing else tells the age.
 */
export function sealingKeyMadeMs(id: string): number | undefined {
  const [, month, day = "01"] = /^(\d{4}-\d{2})(?:-(\d{2}))?(?![0-9A-Za-z])/.exec(id) ?? [];
  const madeMs = month === undefined ? Number.NaN : Date.parse(`${month}-${day}T00:00:00Z`);
  if (Number.isNaN(madeMs)) return undefined;
  // 30 February is read as a day of March.
  return new Date(madeMs).toISOString().startsWith(`${month}-${day}`) ? madeMs : undefined;
}
