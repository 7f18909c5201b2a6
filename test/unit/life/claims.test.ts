import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCheck } from "../../../src/cli/check.ts";
import { runProve } from "../../../src/cli/prove.ts";
import { loadConfig } from "../../../src/life/load.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { ran } from "../../support/terminal.ts";

/** A configuration with claims, where a subuser has the tier. */
function folderWith(tier: string, claims: string): string {
  const folder = scratchFolder("claims");
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write(
    "gateway.yaml",
    `upstream: { endpoints: ["http://127.0.0.1:9"], store: ceph }
identities: [{ accounts: accounts.yaml }]
reload: { claims: claims.txt }
`,
  );
  write(
    "accounts.yaml",
    `accounts:
  - name: lab
    upstream: { accessKey: STORELAB, secretKey: secret }
    subusers: [{ name: reader, tier: ${tier}, keys: [{ accessKey: AKIDREADER, secretKey: secret }] }]
`,
  );
  write("claims.txt", claims);
  return folder;
}

const CLAIMS = "# promised\nlab:reader may nothing that changes anything\n";

test("a configuration that keeps its claims is good, and the claims are among its files", () => {
  const folder = folderWith("READ", CLAIMS);
  const { result, files } = loadConfig(join(folder, "gateway.yaml"));
  assert(result.ok);
  assert(files.has(join(folder, "claims.txt")));
  const { file, holding, undecided } = result.value.proved ?? {};
  assert.deepEqual([file, holding, undecided], [join(folder, "claims.txt"), 1, 0]);
});

test("a configuration that breaks a claim is refused with the claim's place and who breaks it", async () => {
  const folder = folderWith("READWRITE", CLAIMS);
  const file = join(folder, "gateway.yaml");
  const { result } = loadConfig(file);
  assert(!result.ok);
  const [problem] = result.error;
  assert.equal(problem?.file, join(folder, "claims.txt"));
  assert.equal(problem.line, 2);
  assert.match(problem.message, /breaks a claim: lab:reader may nothing that changes anything$/u);
  assert.match(problem.remedy, /^lab:reader may DELETE \/\S+ from 192\.0\.2\.1/u);
  const { code } = await ran((terminal) => runCheck({ config: file }, terminal));
  assert.equal(code, 1);
  // The command that explains it reads it all the same.
  const proved = await ran((terminal) => runProve([], { config: file }, terminal));
  assert.match(proved.out, /^BROKEN {6}lab:reader may nothing that changes anything$/mu);
});

test("claims that are none, or that are not there, make a bad configuration", () => {
  const wrong = loadConfig(join(folderWith("READ", "nobody shall pass\n"), "gateway.yaml"));
  assert(!wrong.result.ok);
  assert.match(wrong.result.error[0]?.message ?? "", /^Cannot read the claim: expected "may"/u);
});
