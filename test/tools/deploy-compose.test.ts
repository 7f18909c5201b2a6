import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { deployText } from "../support/deploy.ts";
import { skipUnless } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import { ownProgram, succeeds } from "./programs.ts";

const composeGo = ownProgram("compose-go");

describe("the compose specification's own reader", { skip: skipUnless([composeGo.need]) }, () => {
  test("compose.yaml is a project", async () => {
    const file = join(scratchFolder("compose"), "compose.yaml");
    // The program's command line reads no environment. Another test checks that every variable
    // has a value.
    writeFileSync(file, deployText("compose/compose.yaml").replaceAll(/\$\{[^}]*\}/g, "value"));
    await succeeds(composeGo.path, [file]);
  });
});
