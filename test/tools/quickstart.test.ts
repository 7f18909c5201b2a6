/** Types docs/quickstart.md as it stands, against the demo: each client lists the bucket. */
import assert from "node:assert/strict";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { startDemo, type Demo } from "../support/demo.ts";
import { ROOT } from "../support/deploy.ts";
import { SYSTEM_PATH } from "../support/program.ts";
import { skipUnless } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import { blocks, pageOf, section } from "../unit/docs/page.ts";
import { debianProgram, succeeds } from "./programs.ts";

const PAGE = pageOf("quickstart.md");
const CLIENTS = ["aws-cli", "rclone", "s3cmd", "boto3", "AWS SDK for JavaScript", "curl"] as const;
const NEEDS = [
  debianProgram("aws", "awscli"),
  debianProgram("rclone", "rclone"),
  debianProgram("s3cmd", "s3cmd"),
  debianProgram("curl", "curl"),
  debianProgram("python3", "python3-boto3"),
];

describe("docs/quickstart.md, typed as it stands", { skip: skipUnless(NEEDS) }, () => {
  let demo: Demo;
  const cleanups: (() => unknown)[] = [];
  after(() => {
    for (const cleanup of cleanups) cleanup();
  });
  before(async () => {
    const folder = join(scratchFolder("quickstart"), "data");
    demo = await startDemo(folder, { after: (cleanup) => cleanups.push(cleanup) });
    await demo.as("lab").send(new CreateBucketCommand({ Bucket: "photos" }));
  });

  for (const client of CLIENTS) {
    test(`${client} lists the buckets`, async () => {
      const [sh] = blocks(section(PAGE, client), "sh");
      const listed = await type(sh ?? programOf(client));
      assert.match(listed, /\bphotos\b/);
    });
  }

  test("the page has no client that is not tried", () => {
    const parts = [...PAGE.matchAll(/^## (.+)$/gm)].map(([, name]) => name);
    assert.deepEqual(parts, [...CLIENTS, "If it does not work"]);
  });

  /** Types the page's variables, with the demo's address and key, and then `lines`. */
  function type(lines: string): Promise<string> {
    const [variables = ""] = blocks(PAGE, "sh");
    const [, accessKey = "", secretKey = ""] = /^ +lab +(\S+) +(\S+)$/m.exec(demo.welcome) ?? [];
    const filled = variables
      .replace("YOUR_ACCESS_KEY", accessKey)
      .replace("YOUR_SECRET_KEY", secretKey)
      .replace("http://127.0.0.1:8080", demo.endpoint);
    const cwd = scratchFolder("quickstart");
    symlinkSync(`${ROOT}node_modules`, join(cwd, "node_modules"));
    const env = { PATH: SYSTEM_PATH, HOME: cwd, LANG: "C.UTF-8" };
    return succeeds("bash", ["-ec", `${filled}${lines}`], { cwd, env });
  }
});

/** Returns the commands that write a program of the page to a file and run it. */
function programOf(client: string): string {
  const text = section(PAGE, client);
  const [python] = blocks(text, "python");
  const [js = ""] = blocks(text, "js");
  const file = join(scratchFolder("quickstart"), "list");
  writeFileSync(file, python ?? js);
  if (python !== undefined) return `/usr/bin/python3 ${file}`;
  return `cp ${file} list.mjs && ${process.execPath} list.mjs`;
}
