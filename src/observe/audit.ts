import type { Logger } from "pino";
import type { Facts } from "../admission/facts.ts";
import type { RequestHead } from "../http/head.ts";
import { fault, type Fault } from "../s3/faults.ts";
import { auditLine } from "./audit-line.ts";
import type { AuditSink, SinkEvents } from "./audit-sink.ts";
import { LineFile, type LineEvents, WAITING_CHARACTERS_MAX } from "./line-file.ts";
import type { Metrics, SinkName } from "./metrics.ts";
import type { AccessRecord } from "./record.ts";
import { requestInputs } from "./request-inputs.ts";
import { s3LogLine } from "./s3-log-line.ts";
import { openSyslog } from "./syslog.ts";
import type { SyslogPlace, SyslogTrust } from "./syslog-dial.ts";
import type { WebhookPlace } from "./webhook.ts";

/** The place of access records, a JSON line each. */
export type AuditLog = {
  /**
   * Writes a line. `head`: of the request, if it could be read; `facts`: the facts of the decision.
   */
  readonly write: (record: AccessRecord, head: RequestHead | undefined, facts: Facts) => void;
  /** Returns the reason why no request may be served now; `undefined` if they may. */
  readonly refusal: () => Fault | undefined;
  /** Continues in the file that now has the name, as after a rotation; and tries again at once. */
  readonly reopen: () => void;
  /** Opens connections to the collector of syslog with these certificates from now on. */
  readonly renew: (trust: SyslogTrust) => void;
  /**
   * Ends the log: everything written so far reaches the file, unless it cannot, which the log
   * reports.
   */
  readonly close: () => Promise<void>;
};

export type AuditOptions = {
  /** `-`: standard output. */
  readonly file: string;
  /** The treatment of requests while lines cannot be written. */
  readonly onError: "continue" | "refuse";
  /** The format of the lines in the file: JSON, or as S3 itself logs requests. */
  readonly format: "json" | "s3";
  /** The further place of lines, always as JSON. */
  readonly syslog: SyslogPlace | undefined;
  readonly webhook: WebhookPlace | undefined;
};

/** The interval at which the log complains while lines cannot be written. */
const COMPLAINT_MS = 60_000;

/**
 * The number of waiting characters from which `refuse` refuses. The rest is for the lines of
 * requests under way, so that none of them is lost; requests that are refused for it have no line
 * then.
 */
const REFUSED_ABOVE = WAITING_CHARACTERS_MAX / 2;

/**
 * Appends to the file, whose folder is made if it does not exist. A full or failing disk stops no
 * request silently: the log and the metrics report it, and with `refuse` there are no more
 * requests. Rejects if the file cannot be opened.
 */
export async function openAudit(
  options: AuditOptions,
  metrics: Metrics,
  log: Logger,
): Promise<AuditLog> {
  const { file, onError, format } = options;
  let complainedMs = Number.NEGATIVE_INFINITY;
  let lost = 0;
  const lines = openLines(file, {
    failed: (error) => {
      metrics.auditFailed();
      if (performance.now() - complainedMs < COMPLAINT_MS) return;
      complainedMs = performance.now();
      log.error({ err: error, file, onError }, "Cannot write the audit log");
    },
    written: () => metrics.auditWritten(Date.now()),
    recovered: () => {
      complainedMs = Number.NEGATIVE_INFINITY;
      log.warn({ file, lost }, "The audit log can be written again");
      lost = 0;
    },
    dropped: (count) => {
      lost += count;
      metrics.auditDropped(count);
    },
  });
  const syslog = options.syslog && openSyslog(options.syslog, sinkEvents("syslog", metrics, log));
  const webhook =
    options.webhook && (await hookTo(options.webhook, sinkEvents("webhook", metrics, log)));
  const sinks: readonly AuditSink[] = [syslog ?? [], webhook ?? []].flat();
  const isFull = (): boolean => lines.failing || lines.waiting > REFUSED_ABOVE;
  return {
    write: (record, head, facts) => {
      if (record.rule === REFUSED.rule && lines.waiting > REFUSED_ABOVE) {
        lost++;
        return metrics.auditDropped(1);
      }
      const request = head === undefined ? undefined : requestInputs(head, facts);
      const json = format === "json" || sinks.length > 0 ? auditLine(record, request) : "";
      lines.append(`${format === "json" ? json : s3LogLine(record, request)}\n`);
      for (const sink of sinks) sink.append(json);
    },
    refusal: () => (onError === "refuse" && isFull() ? REFUSED : undefined),
    reopen: () => lines.reopen(),
    renew: (trust) => syslog?.renew(trust),
    close: async () => {
      await Promise.all([lines.close(), ...sinks.map((sink) => sink.close())]);
      if (lost > 0) log.error({ file, lost }, "Lines of the audit log are lost");
    },
  };
}

/** Loads the code that sends lines by HTTP, which few configurations need, and opens it. */
async function hookTo(place: WebhookPlace, events: SinkEvents): Promise<AuditSink> {
  const { openWebhook } = await import("./webhook.ts");
  return openWebhook(place, events);
}

/** The metrics hear of everything; the log once in a while, and when it is over. */
function sinkEvents(sink: SinkName, metrics: Metrics, log: Logger): SinkEvents {
  let complainedMs = Number.NEGATIVE_INFINITY;
  let lost = 0;
  metrics.auditSinkOpened(sink);
  return {
    failed: (why) => {
      metrics.auditSinkFailed(sink);
      if (performance.now() - complainedMs < COMPLAINT_MS) return;
      complainedMs = performance.now();
      log.error({ sink, why }, "Cannot send the audit log");
    },
    recovered: () => {
      complainedMs = Number.NEGATIVE_INFINITY;
      log.warn({ sink, lost }, "The audit log can be sent again");
      lost = 0;
    },
    dropped: (lines) => {
      lost += lines;
      metrics.auditSinkDropped(sink, lines);
    },
  };
}

/** The file, or an error that names the setting: where it fails at the start, it is all there is to read. */
function openLines(file: string, events: LineEvents): LineFile {
  try {
    return new LineFile(file, events);
  } catch (error) {
    if (error instanceof Error) error.message = `log.audit.file: ${error.message}`;
    throw error;
  }
}

const REFUSED = fault("ServiceUnavailable", "Requests cannot be recorded now. Please try again", {
  rule: "log.audit.onError: refuse",
});
