/** The fields of one proxy in a `Forwarded` header (RFC 7239 section 4), without their quotes. */
export type ForwardedElement = {
  readonly for: string | undefined;
  readonly host: string | undefined;
  readonly proto: string | undefined;
};

/**
 * The elements of all lines of `Forwarded` in order (RFC 7239 section 4); undefined if any of them
 * does not follow its grammar or says one thing twice. Two things are read more loosely, since
 * proxies write them: spaces around semicolons, and addresses with colons or brackets unquoted.
 */
export function parseForwarded(lines: readonly string[]): readonly ForwardedElement[] | undefined {
  const elements: ForwardedElement[] = [];
  for (const line of lines) {
    const ofLine = parseLine(line);
    if (ofLine === undefined) return undefined;
    elements.push(...ofLine);
  }
  return elements;
}

/** Sticky, so that every character of a line belongs to exactly one of them. */
const PAIR = /[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;]+))[ \t]*/y;
const BLANK = /[ \t]*/y;

function parseLine(line: string): readonly ForwardedElement[] | undefined {
  const elements: ForwardedElement[] = [];
  let pairs = new Map<string, string>();
  for (let at = 0; ; at++) {
    const pair = match(PAIR, line, at);
    // An element may be empty: then it is one of which nothing is known.
    const end = at + (pair ?? match(BLANK, line, at) ?? [""])[0].length;
    const name = pair?.[1]?.toLowerCase();
    if (name !== undefined) {
      if (pairs.has(name)) return undefined;
      pairs.set(name, pair?.[3] ?? (pair?.[2] ?? "").replace(/\\(.)/g, "$1"));
    }
    const separator = line.charAt(end);
    if (separator !== ";") {
      elements.push({
        for: pairs.get("for"),
        host: pairs.get("host"),
        proto: pairs.get("proto"),
      });
      pairs = new Map();
    }
    if (separator === "") return elements;
    if (separator !== "," && separator !== ";") return undefined;
    at = end;
  }
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
