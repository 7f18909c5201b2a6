/** The texts of numbers and times for people: in English, times in UTC. */

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export function countText(number: number): string {
  return WHOLE.format(number);
}

const THREE_DIGITS = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** Returns a text such as `1.21 MiB`. */
export function bytes(number: number): string {
  let unit = 0;
  let scaled = number;
  while (scaled >= 1000 && unit < UNITS.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return `${THREE_DIGITS.format(scaled)} ${UNITS[unit]}`;
}

/** Returns a text such as `3.12 ms`, or `1.5 s` from a second on. */
export function milliseconds(ms: number): string {
  return ms < 1000 ? `${THREE_DIGITS.format(ms)} ms` : `${THREE_DIGITS.format(ms / 1000)} s`;
}

/** Returns the share of `part` in `whole`; a part that is there is never 0 %. */
export function percent(part: number, whole: number): string {
  if (part === 0 || whole === 0) return "0 %";
  const share = (100 * part) / whole;
  return share < 0.1 ? "< 0.1 %" : `${THREE_DIGITS.format(share)} %`;
}

/** The two largest units, such as `3 d 4 h`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([number]) => number > 0);
  if (first < 0) return "0 s";
  const shown = parts.slice(first, first + 2).filter(([number]) => number > 0);
  return shown.map(([number, unit]) => `${number} ${unit}`).join(" ");
}

/** `2026-11-22 12:34:56`, UTC. */
export function dateTime(ms: number): string {
  return iso(ms).slice(0, 19).replace("T", " ");
}

/** `12:34`, UTC. */
export function hourMinute(ms: number): string {
  return iso(ms).slice(11, 16);
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
