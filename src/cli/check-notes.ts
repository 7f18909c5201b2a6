import type { Config } from "../config/config.ts";
import { looksUpKeys } from "../config/elsewhere.ts";
import { examineFiles } from "../doctor/host.ts";
import { count } from "../lib/words.ts";

/** Something that a good configuration could do better, without a place in a file. */
export type Note = { readonly about: string; readonly text: string; readonly remedy: string };

/** Shorter secrets can be found by trying; those that `keygen` makes have 40 characters. */
const SECRET_LENGTH_MIN = 16;
/** The most notes of one kind; the others are counted. */
const NOTES_MAX = 10;

/**
 * Returns the notes of `check` on a good configuration, besides its warnings. Only that command has
 * them: a gateway starts and reloads without. `files`: all that the configuration was made of.
 */
export function checkNotes(config: Config, files: Iterable<string>): readonly Note[] {
  const kinds = [nobody(config), shortSecrets(config), sameSecrets(config)];
  const ofFiles = examineFiles(files).flatMap(({ state, about, text, remedy }) =>
    state === "ok" ? [] : [{ about, text, remedy: remedy ?? "" }],
  );
  return [...kinds, ofFiles].flatMap(atMost);
}

function atMost(notes: readonly Note[]): readonly Note[] {
  const [first] = notes;
  const more = notes.length - NOTES_MAX;
  if (first === undefined || more <= 0) return notes;
  const rest = { about: `${more} more`, text: "the same", remedy: first.remedy };
  return [...notes.slice(0, NOTES_MAX), rest];
}

function nobody(config: Config): readonly Note[] {
  if (config.accounts.length + config.issuers.length > 0 || looksUpKeys(config)) return [];
  const text =
    "there is no account, no Ceph, no directory and no issuer, so every signed request is refused";
  return [{ about: "identities", text, remedy: "Add an accounts file, a Ceph or a directory" }];
}

type Secret = {
  readonly whose: string;
  readonly id: string;
  readonly secret: string;
  /** True if the store must know the secret, too. */
  readonly isStores: boolean;
};

/** Returns the secrets of clients, and those of the gateway at the store. */
function secretsIn({ accounts, ceph, state }: Config): readonly Secret[] {
  const ofClients = accounts.flatMap(({ name, keys, subusers, upstream }) => [
    ...keys.map((key) => secretOf(`key ${key.accessKey} of ${name}`, key)),
    ...subusers.flatMap((subuser) =>
      subuser.keys.map((key) => secretOf(`key ${key.accessKey} of ${name}:${subuser.name}`, key)),
    ),
    ...(upstream === undefined ? [] : [atStore(secretOf(`upstream of ${name}`, upstream))]),
  ]);
  const own = ceph.map((source) =>
    atStore(secretOf(`key ${source.accessKey} of identities.ceph`, source)),
  );
  const kept =
    state?.kind === "bucket" ? [atStore(secretOf(`key ${state.accessKey} of state`, state))] : [];
  return [...ofClients, ...own, ...kept];
}

function secretOf(
  whose: string,
  { accessKey: id, secretKey: secret }: { readonly accessKey: string; readonly secretKey: string },
): Secret {
  return { whose, id, secret, isStores: false };
}

function atStore(secret: Secret): Secret {
  return { ...secret, isStores: true };
}

function shortSecrets(config: Config): readonly Note[] {
  return secretsIn(config)
    .filter(({ secret }) => secret.length < SECRET_LENGTH_MIN)
    .map(({ whose, secret, isStores }) => ({
      about: whose,
      text: `its secret has ${count(secret.length, "character")}, and can be found by trying`,
      remedy: `Make a key with s3warden keygen${isStores ? ", and give it to the store's user first" : ""}`,
    }));
}

/** One secret under two ids: whoever has the one has the other. Two names of one key are the same. */
function sameSecrets(config: Config): readonly Note[] {
  const first = new Map<string, Secret>();
  return secretsIn(config).flatMap((one) => {
    const earlier = first.get(one.secret);
    if (earlier === undefined) first.set(one.secret, one);
    if (earlier === undefined || earlier.id === one.id) return [];
    const text = `it has the same secret as ${earlier.whose}`;
    return [{ about: one.whose, text, remedy: "Give each key a secret of its own" }];
  });
}
