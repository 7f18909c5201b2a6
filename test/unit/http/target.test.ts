import assert from "node:assert/strict";
import { test } from "node:test";
import { originForm } from "../../../src/http/target.ts";

const HOST = "s3.example.org:8080";

const forms = [
  ["a path", "/b/k?acl", "/b/k?acl"],
  ["a path that begins with two slashes", "//b/k", "//b/k"],
  ["an absolute target", `http://${HOST}/b/k?acl`, "/b/k?acl"],
  ["an absolute target in other case", "HTTPS://S3.example.ORG:8080/B/k", "/B/k"],
  ["an absolute target without a path", `http://${HOST}`, "/"],
  ["an absolute target with a query alone", `http://${HOST}?acl`, "/?acl"],
  ["dots and slashes of an absolute target", `http://${HOST}/b//../k%2f.`, "/b//../k%2f."],
  ["an asterisk", "*", "*"],
  ["another scheme", `ftp://${HOST}/b`, `ftp://${HOST}/b`],
] as const;
for (const [name, raw, expected] of forms) {
  test(`originForm() of ${name}`, () => {
    assert.deepEqual(originForm(raw, HOST), { ok: true, value: expected });
  });
}

for (const authority of ["other.example", `user@${HOST}`, "s3.example.org", "", `${HOST}.`]) {
  test(`originForm() refuses the authority "${authority}" under another Host`, () => {
    assert.equal(originForm(`http://${authority}/b/k`, HOST).ok, false);
  });
}
