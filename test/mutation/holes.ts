/** `npm run holes`: every hole of hole-list.ts is put back, and its property test must fail. */

import { setPriority } from "node:os";
import { survives } from "./hole.ts";
import { HOLES } from "./hole-list.ts";

setPriority(2);
for (const hole of HOLES) {
  const why = await survives(hole);
  console.log(`${why === undefined ? "dies     " : "SURVIVES "} ${hole.name}`);
  if (why === undefined) continue;
  console.log(`  ${why}`);
  process.exitCode = 1;
}
