import { describe } from "vitest";
import { testTwins } from "../../support/twin.ts";

/** All but those that stop. */
const ENDING = "$(seq 1 18) $(seq 23 64)";

/** `number: signal, code` of a command's wait status. */
const STATUS = `perl -e 'my $n = shift; system @ARGV; printf "%d: %d, %d\\n", $n, $? & 127, $? >> 8'`;

describe("signals come to the command, and its end comes back, as without mlrun", () => {
  testTwins(
    [
      {
        name: "a command that ends by each signal from 1 to 64 ends mlrun by it",
        script: `for n in ${ENDING}; do ${STATUS} $n "$@" die $n >$n & [ $((n % 8)) -gt 0 ] || wait; done; wait
          cat ${ENDING}; rm ${ENDING}`,
        shows: /^1: 1, 0\n2: 2, 0\n[\s\S]*17: 0, 7\n[\s\S]*31: 31, 0\n32: 32, 0\n[\s\S]*64: 64, 0\n$/,
      },
      {
        name: "exit codes from 0 to 255",
        script: `for n in 0 1 2 77 125 126 127 128 129 143 200 255; do "$@" sh -c "exit $n"; echo $?; done`,
        shows: /^0\n1\n2\n77\n125\n126\n127\n128\n129\n143\n200\n255\n$/,
      },
      {
        name: "each signal to the pid, without a terminal: once",
        script: `/usr/bin/python3 "$PROGRAMS/sends.py" pid "$@" hears`,
        shows: /^ready\n1 1\n2 2\n[\s\S]*20 20\n[\s\S]*63 63\n64 64\nrest \[\] 9\n$/,
      },
      {
        name: "each signal to the group, without a terminal: once",
        script: `/usr/bin/python3 "$PROGRAMS/sends.py" group "$@" hears`,
        shows: /^ready\n1 1\n2 2\n[\s\S]*20 20\n[\s\S]*63 63\n64 64\nrest \[\] 9\n$/,
      },
      {
        name: "each signal to the pid, in a terminal: once",
        script: `/usr/bin/python3 "$PROGRAMS/sends.py" pid "$@" hears`,
        types: [],
        shows: /^ready\r\n1 1\r\n2 2\r\n[\s\S]*64 64\r\nrest \[\] 9\r\n$/,
      },
      {
        name: "each signal to the group, in a terminal: once",
        script: `/usr/bin/python3 "$PROGRAMS/sends.py" group "$@" hears`,
        types: [],
        shows: /^ready\r\n1 1\r\n2 2\r\n[\s\S]*64 64\r\nrest \[\] 9\r\n$/,
      },
      {
        name: "a stop stops, a continue continues: to the pid and to the group",
        script: `/usr/bin/python3 "$PROGRAMS/stops.py" 19,20,21,22 "$@"`,
        shows:
          /^pid 20: stopped, continued, ended 3\n[\s\S]*group 19: stopped, continued, ended 3\n[\s\S]*group 22: stopped, continued, ended 3\n$/,
      },
      {
        name: "an alarm that was set before",
        script: `(perl -e 'alarm 1; exec @ARGV' "$@" sleep 20; echo $?) 2>/dev/null`,
        shows: /^142\n$/,
      },
    ],
    ["die", "hears"],
  );
});
