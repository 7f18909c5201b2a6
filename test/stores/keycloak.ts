import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ROOT } from "../support/deploy.ts";
import { freePorts } from "../support/ports.ts";
import { SYSTEM_PATH } from "../support/program.ts";
import type { Requirement } from "../support/requirement.ts";
import { scratchFolder } from "../support/scratch.ts";

/** A real Keycloak for one test. It keeps its port and its data when it is stopped and started. */
export type Keycloak = {
  /** The endpoint, such as `http://127.0.0.1:40123`. */
  readonly endpoint: string;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

const HOME = `${ROOT}.tools/keycloak`;
/** The database of a Keycloak that has been started once: making its tables takes half a minute. */
const FIRST_DATABASE = `${HOME}/data/first/db.mv.db`;
/** The administrator that install.sh has put into that database. */
export const KEYCLOAK_ADMIN = { username: "admin", password: "the password of a test" };

/** The programs that `startKeycloak` needs. */
export const KEYCLOAK: Requirement = {
  name: "Keycloak",
  present: existsSync(FIRST_DATABASE),
  install: "bash test/tools/install.sh",
};

const START_MS_MAX = 120_000;
/**
 * Options for Java. Its heap is bounded, and its code compiled only lightly: it lives for a minute.
 */
const JAVA = "-Xms64m -Xmx384m -XX:TieredStopAtLevel=1";

/** Starts Keycloak with a port and data of its own. It ends with this process at the latest. */
export async function startKeycloak(): Promise<Keycloak> {
  const folder = scratchFolder("keycloak");
  copyFileSync(FIRST_DATABASE, join(folder, "db.mv.db"));
  const [port = 0] = await freePorts(1);
  const endpoint = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  // The script that starts Java is its parent: both belong to one process group.
  const signal = (name: NodeJS.Signals): void => {
    if (child?.pid !== undefined && child.exitCode === null) process.kill(-child.pid, name);
  };
  const abandoned = (): void => signal("SIGKILL");
  const start = async (): Promise<void> => {
    const said: string[] = [];
    child = spawn(`${HOME}/bin/kc.sh`, ["start", "--optimized", ...settings(port, folder)], {
      env: { PATH: SYSTEM_PATH, JAVA_OPTS_KC_HEAP: JAVA },
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    child.stdout?.on("data", (chunk) => void (said.push(String(chunk)) > 100 && said.shift()));
    process.once("exit", abandoned);
    const deadline = Date.now() + START_MS_MAX;
    while (!(await answers(endpoint))) {
      if (Date.now() > deadline || child.exitCode !== null) {
        throw new Error(`Keycloak does not answer: ${said.join("")}`);
      }
      await pause(200);
    }
  };
  const stop = async (): Promise<void> => {
    if (child === undefined) return;
    const ended = once(child, "exit");
    signal("SIGTERM");
    await ended;
    process.off("exit", abandoned);
    child = undefined;
  };
  await start();
  return { endpoint, start, stop };
}

function settings(port: number, folder: string): readonly string[] {
  return [
    "--http-enabled=true",
    "--http-host=127.0.0.1",
    `--http-port=${port}`,
    `--hostname=http://127.0.0.1:${port}`,
    "--cache=local",
    `--db-url=jdbc:h2:file:${folder}/db;NON_KEYWORDS=VALUE`,
  ];
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    return (await fetch(`${endpoint}/realms/master/.well-known/openid-configuration`)).ok;
  } catch {
    return false;
  }
}
