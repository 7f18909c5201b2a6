import assert from "node:assert/strict";
import { test } from "node:test";
import { compileDirectory } from "../../../src/config/directory.ts";
import { readDirectoryAnswer } from "../../../src/config/directory-answer.ts";
import { compileSnapshot } from "../../../src/config/compile.ts";
import { goodConfig, problemsOf } from "../../support/config.ts";

const UPSTREAM = 'upstream: { endpoints: ["http://store:7480"], store: minio }\n';
const CEPH = '  - ceph: { endpoint: "http://rgw", accessKey: GW, secretKey: SK }\n';

const withSource = (source: string, more = ""): Readonly<Record<string, string>> => ({
  "gateway.yaml": `${UPSTREAM.replace("minio", more === "" ? "minio" : "ceph")}identities:\n${more}  - http: ${source}\n`,
});

const PROBLEMS: readonly (readonly [name: string, source: string, more: string, said: string])[] = [
  ["no url", "{}", "", 'identities[0].http.url: Missing key "url"'],
  ["plain http to another machine", '{ url: "http://10.0.0.1/s3" }', "", "Expected https://"],
  ["a query in the url", '{ url: "https://d/s3?key=" }', "", "Expected https://"],
  ["a password in the url", '{ url: "https://me:pw@d/s3" }', "", "Expected https://"],
  ["a path that a URL parser changes", '{ url: "https://d/a/../b" }', "", "Expected https://"],
  ["a token with a space", '{ url: "https://d", token: "a b" }', "", "Expected a token of visible"],
  [
    "two tokens",
    '{ url: "https://d", token: t, tokenFile: f }',
    "",
    "two tokens, token and tokenFile | Remove one of them",
  ],
  [
    "a caFile without TLS",
    '{ url: "http://127.0.0.1:1", caFile: accounts.yaml }',
    "",
    "The setting has no effect: the url does not use https",
  ],
  [
    "a pattern with a star inside",
    '{ url: "https://d", accounts: ["a*b"] }',
    "",
    "Expected the name of an account, or the beginning of names and *",
  ],
  ["a list of no accounts", '{ url: "https://d", accounts: [] }', "", "http.accounts"],
  [
    "Ceph beside it, and any account",
    '{ url: "https://d" }',
    CEPH,
    "The directory could give keys for the accounts of identities[0].ceph",
  ],
  [
    "Ceph beside it, and a star",
    '{ url: "https://d", accounts: ["*"] }',
    CEPH,
    "The directory could give keys for the accounts of identities[0].ceph",
  ],
  ["a setting of Ceph's", '{ url: "https://d", accessKey: A }', "", 'Unknown key "accessKey"'],
];
for (const [name, source, more, said] of PROBLEMS) {
  test(`a directory with ${name} is refused, and no secret quoted`, () => {
    const problems = problemsOf(withSource(source, more)).join("\n");
    assert(problems.includes(said), problems);
    assert.doesNotMatch(problems, /"a b"|pw@/);
  });
}

test("a directory has the defaults of Ceph's source, and its url no slash at its end", () => {
  const { directories } = goodConfig(withSource('{ url: "https://d.example.org/s3/" }'));
  assert.deepEqual(directories, [
    {
      url: "https://d.example.org/s3",
      token: undefined,
      clientCertificate: undefined,
      ca: undefined,
      accounts: undefined,
      cacheMs: 60_000,
      staleMs: 600_000,
      entries: 100_000,
    },
  ]);
});

test("a route to the directory is refused: everybody could read its secrets", () => {
  const files = withSource('{ url: "https://d.example.org/s3" }');
  const gateway = `${files["gateway.yaml"]}passthrough: [{ path: /d/, target: "https://d.example.org" }]\n`;
  const problems = problemsOf({ "gateway.yaml": gateway }).join("\n");
  assert.match(problems, /The target is a directory of identities: everybody could read/);
});

test("a directory that is the gateway itself is refused", () => {
  const problems = problemsOf(withSource('{ url: "http://127.0.0.1:8080/s3" }')).join("\n");
  assert.match(problems, /The endpoint is the gateway itself.*Name the address of the directory/);
});

test("nobody can name a tenant of a store whose directory need not say them", () => {
  const known = (more: string): boolean =>
    compileSnapshot(goodConfig(withSource(more, "  - accounts: accounts.yaml\n")), 1).store.naming
      .tenantsKnown;
  assert.equal(known('{ url: "https://d" }'), false);
});

const QUMULO = `${UPSTREAM}identities: [{ accounts: accounts.yaml }, { http: { url: "https://d" } }]
policy: { provider: qumulo }
`;
const PEOPLE = `accounts:
  - { name: "local:Jane", groups: [students], upstream: { accessKey: A, secretKey: s } }
`;

for (const [account, fault] of [
  ["jane", 'A policy cannot tell "jane" from "local:Jane"'],
  ["students", 'A policy cannot tell "students" from the group "students"'],
  ["peter", undefined],
] as const) {
  test(`the directory's account "${account}" is ${fault === undefined ? "good" : "refused"} if policies name people`, () => {
    const config = goodConfig({ "gateway.yaml": QUMULO, "accounts.yaml": PEOPLE });
    const answer = readDirectoryAnswer(
      JSON.stringify({ accessKey: "AK", secretKey: "SK", account }),
    );
    assert(answer.ok);
    const key = compileDirectory(config, { accounts: undefined })(answer.value);
    assert.equal(key.ok ? undefined : key.error, fault);
  });
}

test("a tag of an accounts file wins over the directory's, of the account as of the subuser", () => {
  const config = goodConfig({
    "gateway.yaml": `${UPSTREAM}identities: [{ accounts: accounts.yaml }, { http: { url: "https://d", accounts: [lab] } }]\n`,
    "accounts.yaml": `accounts:
  - name: lab
    upstream: { accessKey: STORE, secretKey: "5501234567" }
    tags: { Team: file }
    subusers: [{ name: bob, tier: READ, tags: { room: file }, keys: [{ accessKey: AKIDBOBFILE, secretKey: "5501234567" }] }]
`,
  });
  const tagsOf = (tags: object, subuser?: string): ReadonlyMap<string, string> => {
    const key = { accessKey: "AKIDANN", secretKey: "5501234568", account: "lab", subuser, tags };
    const answer = readDirectoryAnswer(JSON.stringify(key));
    assert(answer.ok);
    const compiled = compileDirectory(config, { accounts: ["lab"] })(answer.value);
    assert(compiled.ok, compiled.ok ? "" : compiled.error);
    return (compiled.value.subuser ?? compiled.value.account).tags;
  };
  const given = { team: "directory", room: "directory", level: "directory" };
  for (const subuser of [undefined, "ann", "bob"]) {
    const tags = tagsOf(given, subuser);
    assert.equal(tags.get("team"), "file", subuser);
    assert.equal(tags.get("room"), subuser === "bob" ? "file" : "directory");
    assert.equal(tags.get("level"), "directory");
  }
});
