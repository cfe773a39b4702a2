import { randomBytes } from "node:crypto";
import { makeExecutionId } from "../../src/wire/ids.ts";
import { encodeText } from "./reference-encoding.ts";

/** One execution as a relay sends it: envelopes built by hand, so that they share no code with mlrun. */
export interface FakeExecution {
  readonly x: string;
  readonly k: string;
  readonly node: string;
  begin(overrides?: Record<string, unknown>, uid?: number): string;
  lines(n: number, texts: readonly string[], options?: { stderr?: boolean; fragment?: boolean; app?: string }): string;
  beat(lastN: number, beat: number | string): string;
  end(lastN: number, end?: Record<string, unknown>): string;
}

/** A relay's report on its forward queue, with these figures in place of rsyslogd's. */
export function relayFrame(options: {
  readonly node?: string;
  readonly time?: string;
  readonly onDisk?: boolean;
  readonly figures?: Readonly<Record<string, unknown>>;
}): string {
  const { node = "node1", time = STARTED_AT, onDisk = false, figures = {} } = options;
  const name = `marcologger-forward queue${onDisk ? "[DA]" : ""}`;
  const none = { size: 0, enqueued: 0, full: 0, "discarded.full": 0, "discarded.nf": 0, maxqsize: 0 };
  const text = JSON.stringify({ name, origin: "core.queue", ...none, ...figures });
  return `<134>1 ${time.replace("Z", "+00:00")} ${node} mlrun - RELAY - LINES - ${text}`;
}

/** A gate's report, as the relay behind it passes it on. */
export function gateFrame(options: { readonly node: string; readonly status: object }): string {
  const text = JSON.stringify({ name: "marcologger-gate", ...options.status });
  return `<134>1 ${STARTED_AT.replace("Z", "+00:00")} ${options.node} mlrun - RELAY - LINES - ${text}`;
}

export const STARTED_AT = "2026-11-20T04:17:44.960662Z";

export function fakeExecution(options: { node?: string; x?: string; k?: string; job?: string } = {}): FakeExecution {
  const { node = "node1", x = makeExecutionId(Date.now(), randomBytes(16)) } = options;
  const k = options.k ?? randomBytes(16).toString("base64url");
  // rsyslogd writes UTC as an offset.
  const head = (kind: string) => `<134>1 ${STARTED_AT.replace("Z", "+00:00")} ${node} mlrun - ${kind} [ml@32473 `;
  const none = { stdout: 0, stderr: 0 };
  return {
    x,
    k,
    node,
    begin(overrides = {}, uid = process.getuid?.() ?? 0) {
      const job = options.job ?? x;
      const begin = {
        v: 1,
        x,
        k,
        job,
        argv: ["/bin/job.sh", "a b"],
        cwd: "/tmp",
        labels: {},
        startedAt: STARTED_AT,
        node,
        pid: 7,
      };
      return `${head("BEGIN")}uid="${uid}" gid="0" pid="7"] LINES - ${JSON.stringify({ ...begin, ...overrides })}`;
    },
    lines(n, texts, { stderr = false, fragment = false } = {}) {
      const text = texts.map(encodeText).join("\\n");
      const stream = stderr ? "stderr" : "stdout";
      const counts = `n="${n}" c="${texts.length}" b="${Buffer.byteLength(text)}"${fragment ? ' f="1"' : ""}`;
      return `${head("LINES")}v="1" t="lines" x="${x}" k="${k}" s="${stream}" ${counts}] ${n} ${text}`;
    },
    beat: (lastN, beat) =>
      `${head("LINES")}v="1" t="beat" x="${x}" k="${k}" n="${lastN}" idle_ms="1" cpu_ms="2"] ${lastN} ${beat}`,
    end(lastN, end = {}) {
      const said = {
        code: 0,
        signal: null,
        endedAt: STARTED_AT,
        lines: none,
        printed: none,
        thinned: none,
        dropped: none,
      };
      const json = JSON.stringify({ ...said, cutShort: false, ...end });
      return `${head("LINES")}v="1" t="end" x="${x}" k="${k}" n="${lastN}"] ${lastN} ${json}`;
    },
  };
}
