import type { IncomingMessage } from "node:http";
import { type Finding, ok, unknown, wrong } from "./finding.ts";

const WHAT = "clock";
const TIMEOUT_MS = 3_000;
/** The answer has whole seconds, so smaller differences do not show. */
const MOST_MS = 2_000;

/** Compares this machine's clock with the collector's, as its web server gives it (Date, RFC 9110, 6.6.1). */
export async function checkClock(viewer: string | undefined, nowMs: () => number): Promise<Finding> {
  if (viewer === undefined)
    return unknown(WHAT, 'the collector\'s is not known here: mlrun.toml has no viewer = "https://..."');
  const before = nowMs();
  const date = await dateOf(viewer);
  const after = nowMs();
  const theirs = Date.parse(date);
  if (Number.isNaN(theirs)) return unknown(WHAT, `${viewer} does not say its time: ${date}`);
  const difference = before - theirs > MOST_MS ? before - theirs : Math.min(0, after - theirs);
  if (Math.abs(difference) <= MOST_MS)
    return ok(WHAT, `differs from the collector's by less than ${MOST_MS / 1_000} s`);
  const seconds = Math.round(Math.abs(difference) / 1_000);
  const found = `this machine is ${seconds} s ${difference > 0 ? "ahead of" : "behind"} the collector`;
  return wrong(WHAT, found, "let chrony or systemd-timesyncd set both clocks: timedatectl shows whether one does");
}

/** The Date header, or why there is none. */
function dateOf(url: string): Promise<string> {
  const { request } = process.getBuiltinModule(url.startsWith("https:") ? "node:https" : "node:http");
  return new Promise((resolve) => {
    const take = (answer: IncomingMessage) => {
      answer.destroy();
      resolve(answer.headers.date ?? "no Date in the answer");
    };
    try {
      // Only the time is wanted, and nothing is sent: it does not matter whose certificate it is.
      const options = { method: "HEAD", rejectUnauthorized: false, signal: AbortSignal.timeout(TIMEOUT_MS) };
      const asked = request(url, options, take);
      asked.on("error", (error) => resolve(error.message));
      asked.end();
    } catch (error) {
      resolve(error instanceof Error ? error.message : String(error));
    }
  });
}
