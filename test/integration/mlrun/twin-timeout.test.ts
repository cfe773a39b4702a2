import { expect, test } from "vitest";
import { startDumpRelay } from "../../support/dump-relay.ts";
import { mlrun } from "../../support/mlrun.ts";
import { type Row, testTwins } from "../../support/twin.ts";

/** Beside timeout(1). */
const PLAIN = (words: string) => `if [ $# = 0 ]; then set -- timeout ${words}; fi`;
const ONE = { executions: 1 };
const SHORT = ["--timeout", "0.3s"];
const WITH_KILL = [...SHORT, "--kill-after", "0.3s"];

const ROWS: readonly Row[] = [
  {
    name: "a command that reaches its limit",
    script: `${PLAIN("0.3")}; "$@" sleep 1000; echo "$?"`,
    shows: /^124\n$/,
    options: SHORT,
    logs: ONE,
  },
  {
    name: "a command that ends by itself then, with another code",
    script: `${PLAIN("0.3")}; "$@" bash -c 'trap "echo bye; exit 3" TERM; sleep 1000 & wait'; echo "$?"`,
    shows: /^bye\n124\n$/,
    options: SHORT,
    logs: { executions: 1, stdout: /^bye\n$/ },
  },
  {
    name: "a command that does not want to end, with all that it started",
    script: `exec 2>/dev/null; ${PLAIN("-k 0.3 0.3")}; "$@" bash -c 'trap "" TERM; echo $$ >pid; sleep 1000 & sleep 1000 & wait; wait'; echo "$?"
      while pgrep -g "$(cat pid)" -x sleep || pgrep -P "$(cat pid)"; do :; done; rm pid`,
    shows: /^137\n$/,
    options: WITH_KILL,
    logs: ONE,
  },
  {
    name: "children of a command that ends at once",
    script: `${PLAIN("0.3")}; "$@" bash -c 'sleep 1000 & echo $! >pid; sleep 1000 & wait' >/dev/null; echo "$?"
      while kill -0 "$(cat pid)" 2>/dev/null; do :; done; rm pid`,
    shows: /^124\n$/,
    options: SHORT,
    logs: ONE,
  },
  {
    name: "a command that ends before its limit",
    script: `exec 2>/dev/null; ${PLAIN("1h")}; "$@" sh -c 'exit 3'; echo "$?"; "$@" bash -c 'kill -USR1 $$'; echo "$?"; "$@" nosuch; echo "$?"`,
    shows: /^3\n138\n127\n$/,
    options: ["--timeout", "1h30m"],
    logs: { executions: 3 },
  },
  {
    name: "no limit",
    script: `${PLAIN("0")}; "$@" sh -c 'echo out; exit 4'; echo "$?"`,
    shows: /^out\n4\n$/,
    options: ["--timeout=0"],
    logs: ONE,
  },
  {
    name: "a limit for an mlrun inside, which logs to its end",
    script: `${PLAIN("2")}; "$@" bash -c 'trap "echo bye; exit" TERM; "$@" bash -c "echo in; sleep 1000 & wait" & wait' bash "$@"; echo "$?"`,
    shows: /^in\nbye\n124\n$/,
    // Longer than two of mlrun take to start on a busy machine.
    options: ["--timeout", "3s"],
    logs: { executions: 2 },
  },
];

testTwins(ROWS);

test.each([
  ["sleep 1000", 124],
  ['trap "" TERM; while :; do sleep 1000 & wait; done', 137],
])("END names the limit and timeout(1)'s code: %s", async (script, code) => {
  const relay = await startDumpRelay();
  const result = await mlrun([...WITH_KILL, "--run-dir", relay.runDir, "--", "bash", "-c", `echo out; ${script}`]);
  expect(result).toMatchObject({ code, stdout: "out\n" });
  const { end, stdout } = await relay.execution();
  expect(stdout.toString()).toBe("out\n");
  expect(end).toMatchObject({ code, signal: null, timeoutMs: 300 });
});
