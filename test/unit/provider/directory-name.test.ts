/** "Principals Supported in Qumulo Core": the names of accounts, groups and the guest, and no others. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  guestNames,
  isPersonName,
  memberNames,
  ownName,
  parseDirectoryName,
  personNames,
} from "../../../src/provider/directory-name.ts";

const SID = "s-1-5-21-1-2-3-1001";

/** `[name, all names of the account that is called so]`: the first is its own alone. */
const PEOPLE: readonly (readonly [string, readonly string[]])[] = [
  ["Mary Lou", ["local:mary lou", "bare:mary lou"]],
  ["local:Jane", ["local:jane", "bare:jane"]],
  ["ad:Jane", ["ad:jane", "bare:jane"]],
  ["LAB\\Jane", ["domain:lab\\jane", "ad:jane", "bare:jane"]],
  ["uid:7", ["uid:7"]],
  ["auth_id:7", ["auth_id:7"]],
  [SID.toUpperCase(), [`sid:${SID}`]],
  [`sid:${SID}`, [`sid:${SID}`]],
  // The authority has several digits, as that of integrity levels (MS-DTYP, section 2.4.2.4).
  ["S-1-16-4096", ["sid:s-1-16-4096"]],
  ["S-1-10-0", ["sid:s-1-10-0"]],
  // A name with such letters in it is a name.
  ["bus-1-5-21", ["local:bus-1-5-21", "bare:bus-1-5-21"]],
];
for (const [name, names] of PEOPLE) {
  test(`the account "${name}" has its own name and those of its directories`, () => {
    assert.deepEqual(personNames(name), names);
    assert.equal(ownName(name), names[0]);
    assert.equal(isPersonName(name), true);
    assert.deepEqual(memberNames(name, []), ["authenticated", ...names]);
    assert.deepEqual(memberNames("joe", [name]), memberNames("joe", []).concat(names));
  });
}

for (const name of [
  "Everyone",
  "world:Everyone",
  "S-1-1-0",
  "Authenticated Users",
  "S-1-5-11",
  "guest",
  "local:guest",
  "gid:7",
  "*",
  "",
  " Jane",
  "uid:07",
  "S-1-5-21x",
  "S-1-05",
]) {
  test(`no account has the name "${name}"`, () => assert.equal(isPersonName(name), false));
}

for (const name of ["Everyone", "Authenticated Users", "gid-7"]) {
  test(`an account of the gateway called "${name}" is a local user`, () => {
    const lower = name.toLowerCase();
    assert.deepEqual(personNames(name), [`local:${lower}`, `bare:${lower}`]);
  });
}

test("an account that is called as the guest has no name of its own", () => {
  assert.deepEqual(personNames("Guest"), []);
  assert.equal(ownName("guest"), undefined);
  assert.deepEqual(memberNames("guest", []), ["authenticated"]);
});

test("a caller with a credential is no guest, and text that is no name adds none", () => {
  assert.deepEqual(memberNames("uid:7", ["guest", "*", "uid:07"]), ["authenticated", "uid:7"]);
});

test("the anonymous caller is the guest with its groups, and not authenticated", () => {
  assert.deepEqual(guestNames([]), ["guest"]);
  assert.deepEqual(guestNames(["Visitors", "*", "Authenticated Users", "gid:7"]), [
    "guest",
    "local:visitors",
    "bare:visitors",
    "gid:7",
  ]);
});

for (const text of [
  `x${SID}x:1`,
  "sid:xs-1-5-21",
  "sid:S-1-5x",
  "S-1-5x",
  "S-1-016-1",
  "S-1-5-21-",
]) {
  test(`parseDirectoryName() refuses ${text}, which is no SID`, () => {
    assert.equal(parseDirectoryName(text).ok, false);
  });
}
