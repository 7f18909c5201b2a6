import { parseInstant } from "../config/scalars.ts";
import { wildcardParts } from "../lib/glob.ts";
import type { Problem } from "../lib/problem.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { didYouMean } from "../lib/suggestion.ts";
import { compileActions } from "../policy/actions.ts";
import { parseNetwork, type Network } from "../policy/network.ts";
import { actionPattern, type ActionMatcher } from "../s3/action-names.ts";
import type { PolicyClaim, Name, Resource, What, Who } from "./claim.ts";

/** The people and resources of a configuration, so that a slip in a name is found. */
export type KnownNames = {
  /** `account` and `account:subuser`. */
  readonly people: ReadonlySet<string>;
  readonly tiers: ReadonlySet<string>;
  /** True if there may be others, such as Ceph's users. */
  readonly others: boolean;
};

/** A word of a claim, and its place. */
type Word = { readonly text: string; readonly column: number };

/** The name of the place of claims on the command line. */
export const COMMAND_LINE = "claim";

/** Claims that are more than this are refused: each is looked at for every caller. */
const CLAIMS_MAX = 1_000;

/**
 * Reads claims, one a line; `#` begins a comment. `file`: as its user named it. Errors: every line
 * that cannot be read, with the place of the word.
 */
export function readClaims(
  text: string,
  file: string,
  known: KnownNames,
): Result<readonly PolicyClaim[], readonly Problem[]> {
  const claims: PolicyClaim[] = [];
  const problems: Problem[] = [];
  for (const [i, line] of text.split(/\r?\n/u).entries()) {
    const words = wordsOf(line.replace(/(?:^|\s)#.*$/u, ""));
    if (words.length === 0) continue;
    const claim = new Reading(words, known).claim(file === COMMAND_LINE ? undefined : i + 1);
    if (claim.ok) claims.push(claim.value);
    else problems.push({ ...claim.error, file, line: file === COMMAND_LINE ? undefined : i + 1 });
  }
  if (claims.length > CLAIMS_MAX) {
    problems.push({
      file,
      line: undefined,
      column: undefined,
      path: "",
      message: `Too many claims: got ${claims.length}, at most ${CLAIMS_MAX} are read`,
      remedy: "",
    });
  }
  return problems.length > 0 ? err(problems) : ok(claims);
}

type Trouble = Omit<Problem, "file" | "line">;
type Read<T> = Result<T, Trouble>;

function wordsOf(line: string): readonly Word[] {
  // A comma ends a word and is one itself, so that "a, b" and "a,b" are the same.
  return [...line.matchAll(/,|[^\s,]+/gu)].map(({ 0: text, index }) => ({
    text,
    column: index + 1,
  }));
}

const FORMS =
  'Claims are like "nobody but lab:* may s3:GetObject on arn:aws:s3:::secret/*", "lab:reader may nothing that changes anything", "everything on arn:aws:s3:::secret/* comes from 198.51.100.0/24" or "nothing is public"';

/** Everything, and the service itself. */
const EVERYWHERE: readonly Resource[] = [{ parts: wildcardParts("*"), tenant: undefined }];

/** Reads one claim, word by word. */
class Reading {
  #at = 0;
  readonly #words: readonly Word[];
  readonly #known: KnownNames;

  constructor(words: readonly Word[], known: KnownNames) {
    this.#words = words;
    this.#known = known;
  }

  claim(line: number | undefined): Read<PolicyClaim> {
    const enforced = this.#take("enforced");
    const said = this.#sentence();
    if (!said.ok) return said;
    const left = this.#words[this.#at];
    if (left !== undefined) return this.#unexpected("the end of the claim");
    const text = this.#words
      .slice(enforced ? 1 : 0)
      .map(({ text }) => text)
      .join(" ")
      .replaceAll(" ,", ",");
    return ok({ ...PLAIN, ...said.value, text, line, enforced });
  }

  #sentence(): Read<Said> {
    if (this.#take("nothing")) return this.#nothing();
    if (this.#take("everything")) return this.#everything();
    if (this.#take("nobody")) {
      const but = this.#take("but") ? this.#names() : ok([]);
      if (!but.ok) return but;
      if (!this.#take("may")) return this.#unexpected('"may"');
      const what = this.#what();
      return what.ok
        ? this.#where({ who: { kind: "everybody", but: but.value }, what: what.value })
        : what;
    }
    const names = this.#names();
    if (!names.ok) return names;
    if (!this.#take("may")) return this.#unexpected('"may"');
    const who: Who = { kind: "named", names: names.value };
    if (this.#take("not")) {
      const what = this.#what();
      return what.ok ? this.#where({ who, what: what.value }) : what;
    }
    if (!this.#take("nothing")) return this.#unexpected('"not" or "nothing"');
    const what = this.#nothingThat();
    return what.ok ? this.#where({ who, what: what.value }) : what;
  }

  /** `nothing [on …] is public`, `nothing is public [on …]`. */
  #nothing(): Read<Said> {
    const who: Who = { kind: "named", names: [{ kind: "anonymous" }] };
    const before = this.#on();
    if (!before.ok) return before;
    if (!this.#take("is") || !this.#take("public")) return this.#unexpected('"is public"');
    const said = { who, what: { kind: "anything" } } as const;
    if (before.value !== undefined) return ok({ ...said, on: before.value });
    return this.#where(said);
  }

  /** `everything [of …] [on …] comes from …`, `… comes over TLS`. */
  #everything(): Read<Said> {
    const of = this.#take("of") ? this.#names() : undefined;
    if (of?.ok === false) return of;
    const who: Who =
      of === undefined ? { kind: "everybody", but: [] } : { kind: "named", names: of.value };
    const on = this.#on();
    if (!on.ok) return on;
    if (!this.#take("comes")) return this.#unexpected('"comes"');
    const said = { who, what: { kind: "anything" }, on: on.value ?? EVERYWHERE } as const;
    if (this.#take("over")) {
      return this.#take("TLS") ? ok({ ...said, plainOnly: true }) : this.#unexpected('"TLS"');
    }
    if (!this.#take("from")) return this.#unexpected('"from" or "over TLS"');
    const networks = this.#networks();
    return networks.ok ? ok({ ...said, outside: networks.value }) : networks;
  }

  /** Reads the words after `may`: `anything`, `change anything`, or actions. */
  #what(): Read<What> {
    if (this.#take("anything")) return ok({ kind: "anything" });
    if (this.#take("change")) {
      return this.#take("anything") ? ok({ kind: "changes" }) : this.#unexpected('"anything"');
    }
    const matches = this.#list((word) => this.#action(word));
    return matches.ok ? ok({ kind: "actions", matches: matches.value }) : matches;
  }

  /** Reads the words after `nothing`: `that changes anything`, `but` actions, or no more. */
  #nothingThat(): Read<What> {
    if (this.#take("that")) {
      if (this.#take("changes") && this.#take("anything")) return ok({ kind: "changes" });
      return this.#unexpected('"changes anything"');
    }
    if (!this.#take("but")) return ok({ kind: "anything" });
    const from = this.#at;
    const named = this.#list((word) => this.#action(word));
    if (!named.ok) return named;
    const patterns = this.#words.slice(from, this.#at).filter(({ text }) => !LINKS.has(text));
    const set = compileActions(patterns.map(({ text }) => text));
    if (set.ok) return ok({ kind: "all but", set: set.value });
    return this.#trouble(this.#words[from], set.error.message, "");
  }

  /** Reads the words that narrow any claim, in any order. */
  #where(said: Said): Read<Said> {
    const word = this.#words[this.#at];
    const more = this.#narrowing();
    if (!more.ok) return more;
    if (more.value === undefined) return ok(said);
    // The second would take the place of the first, and the claim would be about less.
    if (Object.keys(more.value).some((name) => name in said)) {
      const message = `This is said twice: got "${word?.text ?? ""}" again`;
      return this.#trouble(word, message, "Write one list, with commas");
    }
    return this.#where({ ...said, ...more.value });
  }

  /** Reads one narrowing; `undefined` if nothing narrows the claim here. */
  #narrowing(): Read<Partial<PolicyClaim> | undefined> {
    const on = this.#on();
    if (!on.ok) return on;
    if (on.value !== undefined) return ok({ on: on.value });
    if (this.#take("from")) {
      const isOutside = this.#take("outside");
      const networks = this.#networks();
      if (!networks.ok) return networks;
      return ok(isOutside ? { outside: networks.value } : { inside: networks.value });
    }
    if (this.#take("without")) {
      return this.#take("TLS") ? ok({ plainOnly: true }) : this.#unexpected('"TLS"');
    }
    if (!this.#take("after")) return ok(undefined);
    const word = this.#words[this.#at];
    const time = word && parseInstant(word.text);
    if (time?.ok !== true) return this.#unexpected("a time such as 2027-01-01");
    this.#at += 1;
    return ok({ fromMs: time.value });
  }

  /** Reads the resources; `undefined` if none is named here. */
  #on(): Read<readonly Resource[] | undefined> {
    if (!this.#take("on")) return ok(undefined);
    return this.#list((word) => this.#resource(word));
  }

  #resource(word: Word): Read<Resource> {
    if (word.text === "*") return ok({ parts: wildcardParts("*"), tenant: undefined });
    const [, tenant, name = ""] =
      /^arn:(?:aws|aws-cn|aws-us-gov):s3::([A-Za-z0-9_-]*):(.+)$/u.exec(word.text) ?? [];
    // No bucket has a colon in its name, so that such a claim would be about nothing.
    if (tenant !== undefined && !/^[^/]*:/u.test(name)) {
      return ok({ parts: wildcardParts(name), tenant: tenant === "" ? undefined : tenant });
    }
    const remedy =
      "Write arn:aws:s3:::bucket or arn:aws:s3:::bucket/key, with * and ? in it, arn:aws:s3::tenant:bucket, or *";
    return this.#trouble(word, `Cannot read the resource: got "${word.text}"`, remedy);
  }

  #action(word: Word): Read<ActionMatcher> {
    const matcher = actionPattern(word.text);
    return matcher.ok ? matcher : this.#trouble(word, matcher.error, "");
  }

  #networks(): Read<readonly Network[]> {
    return this.#list((word) => {
      const network = parseNetwork(word.text);
      if (network.ok) return network;
      return this.#trouble(word, `Cannot read the network: got "${word.text}"`, network.error);
    });
  }

  #names(): Read<readonly Name[]> {
    return this.#list((word) => this.#name(word));
  }

  #name(word: Word): Read<Name> {
    const { text } = word;
    const { people, tiers, others } = this.#known;
    if (text === "anonymous") return ok({ kind: "anonymous" });
    if (text === "tier") {
      const named = this.#words[this.#at];
      if (named === undefined) return this.#unexpected("the name of a tier");
      this.#at += 1;
      if (tiers.has(named.text)) return ok({ kind: "tier", tier: named.text });
      const remedy = didYouMean(named.text, tiers, `Tiers are ${[...tiers].join(", ")}`);
      return this.#trouble(named, `Unknown tier: got "${named.text}"`, remedy);
    }
    const [account = "", subuser, ...more] = text.split(":");
    const below = subuser === "*";
    const named = below ? account : text;
    const isForm = /^[A-Za-z0-9_.@+=$-]+(?::(?:\*|[A-Za-z0-9_.@+=-]+))?$/u.test(text);
    if (!isForm || more.length > 0 || (!others && !people.has(named))) {
      const otherwise =
        'Write account, account:subuser, account:* for both, "tier NAME" or anonymous';
      const remedy = didYouMean(named, people, otherwise);
      return this.#trouble(word, `Nobody is called so in the configuration: got "${text}"`, remedy);
    }
    if (subuser === undefined || below) return ok({ kind: "account", account, below });
    return ok({ kind: "subuser", account, subuser });
  }

  /** Reads one or more items, with commas, "and" or "or" between them. */
  #list<T>(read: (word: Word) => Read<T>): Read<readonly T[]> {
    const items: T[] = [];
    do {
      const word = this.#words[this.#at];
      if (word === undefined || word.text === ",") return this.#unexpected("a name");
      this.#at += 1;
      const item = read(word);
      if (!item.ok) return item;
      items.push(item.value);
    } while (this.#link());
    return ok(items);
  }

  #link(): boolean {
    const comma = this.#take(",");
    return this.#take("and") || this.#take("or") || comma;
  }

  #take(text: string): boolean {
    if (this.#words[this.#at]?.text !== text) return false;
    this.#at += 1;
    return true;
  }

  #unexpected(expected: string): Read<never> {
    const word = this.#words[this.#at];
    const got = word === undefined ? "the end" : `"${word.text}"`;
    return this.#trouble(word, `Cannot read the claim: expected ${expected}, got ${got}`, FORMS);
  }

  #trouble(word: Word | undefined, message: string, remedy: string): Read<never> {
    const last = this.#words.at(-1);
    const end = last === undefined ? 1 : last.column + last.text.length;
    return err({ column: word?.column ?? end, path: "", message, remedy });
  }
}

const LINKS: ReadonlySet<string> = new Set([",", "and", "or"]);

type Said = Pick<PolicyClaim, "who" | "what"> & Partial<PolicyClaim>;

const PLAIN = {
  on: EVERYWHERE,
  outside: undefined,
  inside: undefined,
  plainOnly: false,
  fromMs: undefined,
} as const;
