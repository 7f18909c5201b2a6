import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { DEPLOY, deployText } from "../support/deploy.ts";
import { runProgram } from "../support/program.ts";
import { skipUnless } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import { debianProgram, succeeds } from "./programs.ts";

const UNIT = `${DEPLOY}systemd/s3warden.service`;
/**
 * The limit of exposure in tenths, as systemd-analyze counts: 0 is no exposure at all, 100 none of
 * its protections.
 */
const EXPOSURE_MAX = 15;

describe(
  "systemd's checks",
  { skip: skipUnless([debianProgram("systemd-analyze", "systemd")]) },
  () => {
    test("the unit has no mistake", async () => {
      // It wants the program to exist; any executable file is enough.
      const folder = scratchFolder("systemd");
      const program = join(folder, "s3warden");
      writeFileSync(program, "#!/bin/sh\n");
      chmodSync(program, 0o755);
      const unit = join(folder, "s3warden.service");
      mkdirSync(`${unit}.d`);
      const credentials = deployText("systemd/credentials.conf");
      writeFileSync(join(`${unit}.d`, "credentials.conf"), credentials);
      const text = deployText("systemd/s3warden.service");
      writeFileSync(unit, text.replaceAll("/usr/bin/node", program));
      const { errors } = await runProgram("systemd-analyze", ["verify", "--man=no", unit]);
      // Its status is 0 if it only ignores a setting. Complaints about other units do not count.
      const complaints = errors
        .split("\n")
        .filter((line) => /s3warden\.service|credentials\.conf/.test(line));
      assert.deepEqual(complaints, []);
    });

    test("the unit is shut in as far as a proxy can be", async () => {
      const limits = ["--offline=true", `--threshold=${EXPOSURE_MAX}`, "--no-pager"];
      await succeeds("systemd-analyze", ["security", ...limits, UNIT]);
    });
  },
);
