import { expect, test } from "vitest";
import { startDumpRelay } from "../../support/dump-relay.ts";
import { mlrun } from "../../support/mlrun.ts";
import { type Row, testTwins } from "../../support/twin.ts";

/** Beside tee(1). */
const PLAIN = "if [ $# = 0 ]; then set -- tee; fi";
const STATES = `echo "\${PIPESTATUS[*]}"`;
const options = ["--stdin"];

const ROWS: readonly Row[] = [
  {
    name: "all lines of another command",
    script: `${PLAIN}; seq 50000 | "$@" | sha256sum; ${STATES}`,
    shows: /^[0-9a-f]{64} {2}-\n0 0 0\n$/,
    options,
    logs: { executions: 1, stdout: /^1\n2\n.*\n50000\n$/s },
  },
  {
    name: "no line at all, and one without its end",
    script: `${PLAIN}; : | "$@"; ${STATES}; printf 'a\\nb' | "$@"; ${STATES}`,
    shows: /^0 0\na\nb0 0\n$/,
    options,
    logs: { executions: 2, stdout: /^a\nb$/ },
  },
  {
    name: "a file of any bytes, to a file",
    script: `${PLAIN}; head -c 300000 /dev/zero | openssl enc -aes-128-ctr -K 0 -iv 0 2>/dev/null >in; "$@" <in >out; echo "$?"; cmp in out && echo same`,
    shows: /^0\nsame\n$/,
    options,
    logs: { executions: 1 },
  },
  {
    name: "a line before the next one is there",
    script: `${PLAIN}; mkfifo f; { echo one; read -r x <f; echo "two $x"; } | "$@" | { read -r a; echo "got $a"; echo go >f; cat; }; rm f`,
    shows: /^got one\ntwo go\n$/,
    options,
    logs: { executions: 1, stdout: /^one\ntwo go\n$/ },
  },
  {
    name: "a reader that has enough",
    script: `${PLAIN}; yes | "$@" | head -n 2; ${STATES}`,
    shows: /^y\ny\n141 141 0\n$/,
    options,
    logs: { executions: 1, stdout: /^y\ny\n/ },
  },
  {
    name: "nothing to read from",
    script: `${PLAIN}; "$@" <&- 2>/dev/null; echo "$?"; "$@" </ 2>/dev/null; echo "$?"; "$@" </dev/null; echo "$?"`,
    shows: /^1\n1\n0\n$/,
    options,
    logs: { executions: 3 },
  },
];

testTwins(ROWS);

test("what was read is an execution like any other, and --quiet only logs it", async () => {
  const relay = await startDumpRelay();
  const args = ["--stdin", "--quiet", "--job", "piped", "--run-dir", relay.runDir];
  expect(await mlrun(args, { input: "one\ntwo\n" })).toMatchObject({ code: 0, stdout: "", stderr: "" });
  const { begin, stdout, end } = await relay.execution();
  expect(begin).toMatchObject({ job: "piped", argv: ["mlrun", "--stdin"], labels: {} });
  expect(stdout.toString()).toBe("one\ntwo\n");
  expect(end).toMatchObject({ code: 0, lines: { stdout: 2, stderr: 0 } });
});
