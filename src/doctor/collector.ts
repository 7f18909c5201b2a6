import type { Config } from "../config/config.ts";
import { messageOf } from "../lib/words.ts";
import { dialSyslog } from "../observe/syslog-dial.ts";
import { fine, problem, type Diagnosis } from "./diagnosis.ts";

/** Connects to the audit log's collector of syslog, and sends nothing. UDP can tell nothing. */
export async function examineCollector({ log }: Config): Promise<readonly Diagnosis[]> {
  const syslog = log.audit?.syslog;
  if (syslog === undefined || syslog.transport === "udp") return [];
  const { transport, host, port } = syslog;
  const about = `syslog ${transport}:${host.includes(":") ? `[${host}]` : host}:${port}`;
  let why = "it ends the connection at once";
  let isReady = false;
  const socket = dialSyslog(syslog, () => {
    isReady = true;
    socket.destroy();
  });
  socket.resume();
  socket.once("error", (error) => (why = messageOf(error)));
  await new Promise<void>((resolve) => void socket.once("close", () => resolve()));
  return isReady ? [fine(about, "takes connections")] : [problem(about, why, REMEDY[transport])];
}

const REMEDY = {
  tcp: "Check log.audit.syslog.address and whether the collector runs",
  tls: "Check log.audit.syslog: the address, caFile, and whether the collector takes the certificate",
} as const;
