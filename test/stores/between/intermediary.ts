import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startProgram } from "../../bench/support/child.ts";
import { freePorts } from "../../support/ports.ts";
import { findProgram } from "../../support/program.ts";
import { scratchFolder } from "../../support/scratch.ts";

/** A request as an intermediary saw it and sent it on. */
export type Marked = {
  /** The value of the request's User-Agent from there on; no other request has it. */
  readonly mark: string;
  readonly method: string;
  /** The status that came back; `undefined` if none did, or not all of it. */
  readonly status: number | undefined;
};

/** A program between a client and the gateway. */
export type Intermediary = {
  /** The address, as `host:port`. */
  readonly address: string;
  /** Returns the requests that it has sent on and finished. */
  readonly marked: () => readonly Marked[];
};

/**
 * The behaviour in front of the gateway, or between the gateway and a store, where it changes no
 * field.
 */
export type Marking = "mark" | "leave";

export type ProgramName = "HAProxy" | "nginx";

/** The tolerance: `lax` passes on more invalid requests than the programs do by default. */
export type Strictness = "strict" | "lax";

/** Starts a program in front of `target` (`host:port`). */
export function startIntermediary(
  program: ProgramName,
  target: string,
  marking: Marking,
  strictness: Strictness = "strict",
): Promise<Intermediary> {
  const start = program === "nginx" ? startNginx : startHaproxy;
  return start(target, marking, strictness);
}

/** Starts HAProxy. Its log goes to standard output only. */
async function startHaproxy(
  target: string,
  marking: Marking,
  strictness: Strictness,
): Promise<Intermediary> {
  const [port = 0] = await freePorts(1);
  const folder = scratchFolder("between");
  const [config, log] = [join(folder, "haproxy.cfg"), join(folder, "log")];
  writeFileSync(config, haproxyConfig(port, target, marking, strictness));
  const command = [findProgram("haproxy") ?? "haproxy", "-db", "-f", config];
  await startProgram("/bin/sh", ["-c", 'log=$0; exec "$@" >"$log"', log, ...command], port);
  return { address: `127.0.0.1:${port}`, marked: () => linesOf(log).flatMap(fromHaproxy) };
}

function haproxyConfig(
  port: number,
  target: string,
  marking: Marking,
  strictness: Strictness,
): string {
  const mark = marking === "mark" ? "http-request set-header User-Agent %[unique-id]" : "";
  const lax = strictness === "lax" ? "option accept-invalid-http-request" : "";
  return `global
  nbthread 1
  maxconn 1024
  tune.bufsize 65536
  log stdout len 8192 format raw local0 info
defaults
  mode http
  log global
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend clients
  bind 127.0.0.1:${port}
  unique-id-format mark-%[uuid]
  ${mark}
  ${lax}
  log-format "%ID|%HM|%ST|%ts|%s"
  default_backend next
backend next
  server next ${target} pool-max-conn 256
`;
}

function fromHaproxy(line: string): readonly Marked[] {
  const [mark = "", method = "", status, ended, server] = line.split("|");
  // The request was never sent on: it has no server, or it is no request.
  if (server === undefined || server === "<NOSRV>") return [];
  return [{ mark, method, status: ended === "--" ? Number(status) : undefined }];
}

async function startNginx(
  target: string,
  marking: Marking,
  strictness: Strictness,
): Promise<Intermediary> {
  const [port = 0] = await freePorts(1);
  const folder = scratchFolder("between");
  const config = join(folder, "nginx.conf");
  writeFileSync(config, nginxConfig(port, target, marking, strictness, folder));
  await startProgram(findProgram("nginx") ?? "nginx", ["-p", folder, "-c", config], port);
  const log = join(folder, "log");
  return { address: `127.0.0.1:${port}`, marked: () => linesOf(log).flatMap(fromNginx) };
}

function nginxConfig(
  port: number,
  target: string,
  marking: Marking,
  strictness: Strictness,
  folder: string,
): string {
  const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `  ${name}_temp_path ${folder}/${name};`)
    .join("\n");
  const mark = marking === "mark" ? "proxy_set_header User-Agent mark-$request_id;" : "";
  return `daemon off;
master_process off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 1024; }
http {
${folders}
  log_format marks "mark-$request_id|$request_method|$upstream_status|$upstream_addr|$status";
  access_log ${folder}/log marks;
  client_max_body_size 0;
  client_header_buffer_size 32k;
  large_client_header_buffers 4 32k;
  underscores_in_headers on;
  ignore_invalid_headers ${strictness === "lax" ? "off" : "on"};
  merge_slashes off;
  keepalive_requests 100000000;
  upstream next {
    server ${target};
    keepalive 256;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://next;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      ${mark}
      proxy_request_buffering off;
      proxy_buffering off;
      proxy_next_upstream off;
    }
  }
}
`;
}

function fromNginx(line: string): readonly Marked[] {
  const [mark = "", method = "", status, server, told] = line.split("|");
  if (server === undefined || server === "-" || server === "") return [];
  // The program's own answers to clients: nothing good came back, or the client is gone.
  const own = status !== told || status === "502" || status === "504";
  return [{ mark, method, status: own ? undefined : Number(status) }];
}

/** Reads the whole lines of a file that may not exist yet. */
function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8").split("\n").slice(0, -1);
  } catch {
    return [];
  }
}
