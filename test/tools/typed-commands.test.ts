/**
 * Types the commands of README and the pages as they stand. Only addresses and the placeholders
 * that a page names are filled in, as its reader does.
 */
import assert from "node:assert/strict";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { CEPH, startCeph, type Ceph, type StoreCredential } from "../stores/ceph.ts";
import { deployPage, named } from "../support/deploy-page.ts";
import { ROOT } from "../support/deploy.ts";
import { serveFile } from "../support/gateway.ts";
import { SYSTEM_PATH } from "../support/program.ts";
import { skipUnless } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import { blocks, pageOf, section } from "../unit/docs/page.ts";
import { debianProgram, succeeds } from "./programs.ts";

const AWS = debianProgram("aws", "awscli");
const README = readFileSync(`${ROOT}README.md`, "utf8");

describe("typed as they stand", { skip: skipUnless([CEPH, AWS]) }, () => {
  let ceph: Ceph;
  before(async () => {
    ceph = await startCeph();
  });
  after(() => ceph.stop());

  test("README: init, check and start, and the first command of a client", async (t) => {
    const shell = shellAt(ceph);
    const [init = "", start = ""] = blocks(section(README, "In front of your store"), "sh");
    const told = await shell.type(init);
    const { accessKey, secretKey } = ceph.users("alice");
    const filled = start
      .replace("YOUR_ACCESS_KEY", accessKey)
      .replace("YOUR_SECRET_KEY", secretKey);
    const gateway = await shell.typeAndServe(filled, "gateway.yaml");
    t.after(() => gateway.stop());
    const trial = toldLines(told).replaceAll("http://127.0.0.1:8080", gateway.endpoint);
    assert.equal(await shell.type(trial), "");
    const made = `${keyLine(told)}\naws --endpoint-url ${gateway.endpoint} s3 mb s3://typed`;
    assert.match(await shell.type(made), /make_bucket: typed/);
    assert.match(await shell.type(trial), /typed\n$/);
  });

  test("README: the users of Ceph come with their own keys", async (t) => {
    const shell = shellAt(ceph);
    const [, , users = ""] = blocks(section(README, "In front of your store"), "sh");
    const gateway = await shell.typeAndServe(
      users.replace("--users ceph", `--users ceph --endpoint ${ceph.endpoint}`),
      "ceph-users/gateway.yaml",
    );
    t.after(() => gateway.stop());
    assert.equal(await shell.list(gateway.endpoint, ceph.users("alice:reader")), "typed");
  });

  test("docs/deploy.md: keys, the store's user and the configuration in front of Ceph", async (t) => {
    const shell = shellAt(ceph);
    const [, commands = ""] = deployPage().split("### Keys for your clients\n");
    const [keys = "", files = "", user = ""] = blocks(commands, "sh");
    assert.match(await shell.type(keys), /^- \{ accessKey: /);
    await shell.type(`${files}${user}`);
    shell.write("my/accounts.yaml", named("accounts.yaml"));
    shell.write("my/gateway.yaml", named("gateway.yaml: ceph"));
    const start = "npm start -- --config my/gateway.yaml";
    const gateway = await shell.typeAndServe(start, "my/gateway.yaml");
    t.after(() => gateway.stop());
    const lab = { accessKey: "AKIDLAB0000000000000", secretKey: "'SECRET OF THE FIRST PAIR'" };
    assert.equal(await shell.list(gateway.endpoint, lab), "");
    await assert.rejects(
      shell.list(gateway.endpoint, { ...lab, secretKey: "wrong" }),
      /SignatureDoesNotMatch/,
    );
  });

  for (const [page, heading, yaml] of [
    ["identities.md", "Ceph", ""],
    ["migrate.md", "1. The gateway beside the store", "1. The gateway beside the store"],
  ] as const) {
    test(`docs/${page}: its gateway.yaml serves Ceph's users`, async (t) => {
      const shell = shellAt(ceph);
      const text = pageOf(page);
      const [config = ""] = blocks(yaml === "" ? text : section(text, yaml), "yaml");
      shell.write("gateway.yaml", config);
      const [commands = ""] = blocks(section(text, heading), "sh");
      // For the user itself the page refers to the page on users; it was made by the page before.
      const made = blocks(section(pageOf("identities.md"), "Ceph"), "sh")[0] ?? "";
      const setUp = page === "identities.md" ? commands : `${again(made)}\n${commands}`;
      const gateway = await shell.typeAndServe(
        `${setUp}\nnpm start -- --config gateway.yaml`,
        "gateway.yaml",
      );
      t.after(() => gateway.stop());
      assert.equal(await shell.list(gateway.endpoint, ceph.users("alice")), "typed");
      await assert.rejects(
        shell.list(gateway.endpoint, { accessKey: "AKNOBODY000000000000", secretKey: "none" }),
        /InvalidAccessKeyId/,
      );
    });
  }
});

/** Returns the command that gives an existing user the new secret. */
const again = (made: string): string => made.replace("user create", "user modify");

/** Returns the commands that `init` prints below "To try". */
function toldLines(told: string): string {
  return told.slice(told.indexOf("export AWS_ACCESS_KEY_ID"));
}

function keyLine(told: string): string {
  return toldLines(told).split("\n")[0] ?? "";
}

type Shell = {
  /** Types the lines, and returns their output. Throws if one fails. */
  readonly type: (lines: string) => Promise<string>;
  /**
   * Types the same, except the last line, which starts the gateway. It is started by the file that
   * the line names, on free ports, with the environment that the lines before have exported.
   */
  readonly typeAndServe: (lines: string, config: string) => ReturnType<typeof serveFile>;
  readonly write: (name: string, text: string) => void;
  readonly list: (endpoint: string, key: StoreCredential) => Promise<string>;
};

/**
 * Opens a terminal in a checkout of its own, with the package's program and Ceph's configuration.
 */
function shellAt(ceph: Ceph): Shell {
  const folder = scratchFolder("typed");
  for (const name of ["package.json", "bin", "src", "config", "node_modules"]) {
    symlinkSync(`${ROOT}${name}`, join(folder, name));
  }
  const bin = scratchFolder("typed-bin");
  const main = `#!/bin/sh\nexec ${process.execPath} ${ROOT}src/main.ts "$@"\n`;
  writeFileSync(join(bin, "s3warden"), main, { mode: 0o755 });
  const env = {
    PATH: `${bin}:${SYSTEM_PATH}`,
    HOME: folder,
    CEPH_CONF: ceph.conf,
    LANG: "C.UTF-8",
  };
  const type = (lines: string): Promise<string> =>
    succeeds("bash", ["-ec", lines.replaceAll("http://127.0.0.1:7480", ceph.endpoint)], {
      env,
      cwd: folder,
    });
  const typeAndServe: Shell["typeAndServe"] = async (lines, config) => {
    const typed = lines.trimEnd().split("\n");
    const last = typed.pop() ?? "";
    assert.equal(last, `npm start -- --config ${config}`);
    const exported = await type(`${typed.join("\n")}\necho; env -0 | tr '\\0' '\\n'`);
    const variables = [...exported.matchAll(/^((?:STORE|RGW)_\w+)=(.*)$/gm)];
    const file = join(folder, config);
    const text = readFileSync(file, "utf8").replaceAll("http://127.0.0.1:7480", ceph.endpoint);
    const absent = ["listen", "admin"].filter((section) => !text.includes(`${section}:`));
    const defaults = absent.map((section) => `${section}: { address: 0.0.0.0:0 }\n`).join("");
    writeFileSync(
      file,
      (defaults + text).replaceAll(/address: [0-9.]+:\d+/g, "address: 127.0.0.1:0"),
    );
    return serveFile(file, {
      env: Object.fromEntries(variables.map(([, name = "", value = ""]) => [name, value])),
    });
  };
  const list = async (endpoint: string, { accessKey, secretKey }: StoreCredential) => {
    const keys = `export AWS_ACCESS_KEY_ID=${accessKey} AWS_SECRET_ACCESS_KEY=${secretKey}`;
    const listed = await type(`${keys}\naws --endpoint-url ${endpoint} --region us-east-1 s3 ls`);
    return listed.trim().split(" ").at(-1) ?? "";
  };
  return {
    type,
    typeAndServe,
    list,
    write: (name, text) => writeFileSync(join(folder, name), text),
  };
}
