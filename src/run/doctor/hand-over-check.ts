import { join } from "node:path";
import { FrameEncoder } from "../../frame/encode.ts";
import { allocateSource } from "../../frame/source.ts";
import type { Begin } from "../../wire/begin.ts";
import { WIRE_LIMITS } from "../../wire/limits.ts";
import { beginJson } from "../delivery/begin-json.ts";
import { greeting } from "../delivery/gate-protocol.ts";
import { RelaySession } from "../delivery/relay-session.ts";
import { type Finding, ok, wrong } from "./finding.ts";

/** A relay that is asked only once answers in milliseconds. */
const PATIENCE_MS = 5_000;
const LINE = "This is the test of mlrun --doctor.\n";

export interface HandOverOptions {
  readonly runDir: string;
  readonly begin: Omit<Begin, "v" | "k" | "job" | "argv" | "labels"> & { readonly key: string };
  /** A fault of the relay behind the gate, looked for if the gate does not answer. */
  relayFault(): string;
}

/** Hands a test execution over, and waits until the gate has confirmed all of it. */
export function checkHandOver({ runDir, begin, relayFault }: HandOverOptions): Promise<Finding> {
  const { key: k, ...rest } = begin;
  const json = beginJson({ v: 1, k, job: "mlrun-doctor", argv: ["mlrun", "--doctor"], labels: {}, ...rest });
  const sinceMs = performance.now();
  let isTaken = false;
  return new Promise((resolve) => {
    const end = (finding: Finding) => {
      clearTimeout(patience);
      session.destroy();
      resolve(finding);
    };
    const fail = (reason: string) => {
      const what = isTaken ? "takes BEGIN, but does not confirm the lines" : "does not confirm a BEGIN";
      const mend =
        "systemctl status marcologger-relay (or rsyslog) says why; `mlctl check relay` tests all that it needs";
      end(wrong("hand-over", `the gate ${what} (${reason}): ${relayFault()}`, mend));
    };
    const patience = setTimeout(() => fail(`no answer within ${PATIENCE_MS / 1_000} s`), PATIENCE_MS);
    const session = new RelaySession(
      { path: join(runDir, "mlrun.sock"), greeting: greeting({ x: begin.x, k, json }) },
      {
        ready: () => {
          isTaken = true;
          session.write(framesOf(begin), () => {});
          session.finish();
        },
        takenOver: () => {
          const tookMs = Math.ceil(performance.now() - sinceMs);
          end(
            ok(
              "hand-over",
              `execution ${begin.x} of job mlrun-doctor is in the relay's journal (K and T, ${tookMs} ms)`,
            ),
          );
        },
        lost: fail,
      },
    );
  });
}

/** Frames of one line and END. */
function framesOf(begin: HandOverOptions["begin"]): Buffer {
  const encoder = new FrameEncoder(begin, { oneLineFrames: false });
  const source = allocateSource(LINE.length);
  source.bytes.write(LINE, "latin1");
  encoder.setTime(begin.startedAt);
  const frame = Buffer.alloc(WIRE_LIMITS.maxFrameBytes);
  const end = encoder.encodeLines({ stream: "stdout", source, from: 0, to: LINE.length, take: "lines" }, frame, 0);
  const none = { stdout: 0, stderr: 0 };
  const exit = { code: 0, signal: null, endedAt: begin.startedAt };
  const printed = { stdout: LINE.length, stderr: 0 };
  const last = encoder.encodeEnd({
    ...exit,
    lines: encoder.lines,
    printed,
    thinned: none,
    dropped: none,
    cutShort: false,
  });
  return Buffer.concat([frame.subarray(0, end), last]);
}
