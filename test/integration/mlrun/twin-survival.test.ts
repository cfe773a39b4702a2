import { describe } from "vitest";
import { testTwins } from "../../support/twin.ts";

/** The command says its pid in a file, and stays. What bash finds out goes to the file "found". */
const STAYS = `sh -c 'echo $$ >pid.new; mv pid.new pid; exec sleep 60'`;
/** Its child outlives it: it prints "late" once the file "go" is there, and ends. */
const LEAVES_A_CHILD = `sh -c '(until [ -e go ]; do sleep 0.02; done; echo late; echo late >done.new; mv done.new done) & echo started; exec sleep 60'`;
const HELPERS = `. "$PROGRAMS/helpers.sh"; said() { until_so test -s pid; }; end() { rm -f pid go done; }`;

describe("nothing survives that would not without mlrun", () => {
  testTwins([
    {
      name: "SIGKILL of mlrun: the command goes",
      script: `${HELPERS}; "$@" ${STAYS} & said; kill -KILL $!; wait $! 2>/dev/null; echo "$?"; fate $(cat pid); end`,
      shows: /^137\ngone\n$/,
    },
    {
      name: "SIGKILL of its group: all of it goes",
      script: `${HELPERS}; setsid --wait "$@" ${STAYS} & said
        kill -KILL -$(ps -o pgid= -p $(cat pid) | tr -d ' '); wait $! 2>/dev/null; echo "$?"; fate $(cat pid); end`,
      shows: /^137\ngone\n$/,
    },
    {
      name: "timeout -s KILL",
      script: `${HELPERS}; (timeout -s KILL 1 "$@" ${STAYS}; echo "$?") 2>/dev/null; fate $(cat pid); end`,
      shows: /^137\ngone\n$/,
    },
    {
      name: "timeout -k, of a command that does not hear",
      script: `${HELPERS}; (timeout -k 0.5 1 "$@" sh -c 'trap "" TERM; echo $$ >pid; while :; do sleep 0.1; done'; echo "$?") 2>/dev/null; fate $(cat pid); end`,
      shows: /^137\ngone\n$/,
    },
    {
      // Whether the shell says that its sleep was terminated depends on whether one ran at that moment.
      name: "timeout, of a command that ends in order",
      script: `${HELPERS}; timeout 1 "$@" sh -c 'trap "echo ends; exit 5" TERM; echo $$ >pid; while :; do sleep 0.05; done 2>/dev/null'; echo "$?"; end`,
      shows: /^ends\n124\n$/,
      logs: { executions: 1, stdout: /^ends\n$/ },
    },
    {
      name: "SIGTERM of mlrun ends the command",
      script: `${HELPERS}; "$@" ${STAYS} & said; kill $!; wait $! 2>/dev/null; echo "$?"; fate $(cat pid); end`,
      shows: /^143\ngone\n$/,
    },
    {
      name: "the terminal closed: the command goes",
      script: `${HELPERS}; cat >inner <<'END'
"$@" ${STAYS} &
wait
END
        setsid script -qefc "exec bash inner $*" /dev/null </dev/null >/dev/null & said; kill -KILL $!; wait $! 2>/dev/null; fate $(cat pid); end`,
      shows: /^gone\n$/,
    },
  ]);
});

describe("what survives without mlrun survives, and is logged", () => {
  testTwins([
    {
      name: "a child of a command that is killed",
      script: `${HELPERS}; "$@" ${LEAVES_A_CHILD} >out & until_so grep -q started out; kill -KILL $!; wait $! 2>/dev/null; echo "$?"
        touch go; until_so test -e done; until_so grep -q late out; end`,
      shows: /^137\n$/,
    },
    {
      name: "a daemon that keeps the output: mlrun returns, and what comes later is shown",
      script: `${HELPERS}; "$@" sh -c '(until [ -e go ]; do sleep 0.02; done; echo late; touch done) & echo started'; echo "$?"
        touch go; until_so test -e done; end`,
      shows: /^started\n0\nlate\n$/,
      logs: { executions: 1, stdout: /^started\nlate\n$/ },
    },
    {
      name: "a daemon that closed its output: mlrun returns at once",
      script: `${HELPERS}; "$@" sh -c '(exec >/dev/null 2>&1; until [ -e go ]; do sleep 0.02; done; touch done) & echo started'; echo "$?"
        touch go; until_so test -e done; end`,
      shows: /^started\n0\n$/,
      logs: { executions: 1, stdout: /^started\n$/ },
    },
    {
      name: "setsid: from a terminal that is closed",
      script: `${HELPERS}; cat >inner <<'END'
setsid "$@" sh -c 'trap "" HUP; echo $$ >pid; until [ -e go ]; do sleep 0.02; done; echo late; echo after >after' &
wait
END
        setsid script -qefc "exec bash inner $*" /dev/null </dev/null >/dev/null & until_so test -s pid; kill -KILL $!; wait $! 2>/dev/null
        touch go; until_so test -s after; cat after; end`,
      shows: /^after\n$/,
      logs: { executions: 1, stdout: /^late\n$/ },
    },
    {
      name: "nohup: from a terminal that is closed",
      script: `${HELPERS}; cat >inner <<'END'
nohup "$@" sh -c 'echo $$ >pid; until [ -e go ]; do sleep 0.02; done; echo late; echo after >after' >out 2>&1 &
wait
END
        setsid script -qefc "exec bash inner $*" /dev/null </dev/null >/dev/null & until_so test -s pid; kill -KILL $!; wait $! 2>/dev/null
        touch go; until_so test -s after; until_so grep late out; end`,
      shows: /late\n$/,
      logs: { executions: 1, stdout: /late\n$/ },
    },
    {
      name: "disown: from a terminal that is closed",
      script: `${HELPERS}; cat >inner <<'END'
set -m
"$@" sh -c 'echo $$ >pid; until [ -e go ]; do sleep 0.02; done; echo late; echo after >after' >out 2>&1 </dev/null &
disown
sleep 60
END
        setsid script -qefc "exec bash inner $*" /dev/null </dev/null >/dev/null & until_so test -s pid; kill -KILL $!; wait $! 2>/dev/null
        touch go; until_so test -s after; until_so grep late out; end`,
      shows: /late\n$/,
      logs: { executions: 1, stdout: /^late\n$/ },
    },
  ]);
});
