import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { deployText } from "../support/deploy.ts";
import { skipUnless } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";
import { ownProgram, succeeds } from "./programs.ts";

const composeGo = ownProgram("compose-go");

describe(
  "what the compose specification's own reader says",
  { skip: skipUnless([composeGo.need]) },
  () => {
    test("compose.yaml is a project", async () => {
      const file = join(scratchFolder("compose"), "compose.yaml");
      // Its command line reads no environment. That every variable has a value is tested elsewhere.
      writeFileSync(file, deployText("compose/compose.yaml").replaceAll(/\$\{[^}]*\}/g, "value"));
      await succeeds(composeGo.path, [file]);
    });
  },
);
