import { describe } from "vitest";
import { JOB_CONTROL } from "../../support/job-control.ts";
import { testTwins } from "../../support/twin.ts";

const CTRL_C = "\x03";
const CTRL_D = "\x04";

describe("in a terminal, as without mlrun", () => {
  testTwins(
    [
      {
        name: "one Ctrl-C ends a loop of bash",
        script: `for i in 1 2 3; do "$@" sh -c 'echo started; exec sleep 30'; done; echo not reached`,
        types: [[/started/, CTRL_C]],
        shows: /^started\r\n\^C$/,
      },
      {
        name: "a command that handles Ctrl-C does not end the loop",
        script: `for i in 1 2; do "$@" sh -c 'trap "echo caught; exit 0" INT; echo started $0; while :; do sleep 0.05; done' $i; done; echo reached`,
        types: [
          [/started 1/, CTRL_C],
          [/started 2/, CTRL_C],
        ],
        shows: /^started 1\r\n\^Ccaught\r\nstarted 2\r\n\^Ccaught\r\nreached\r\n$/,
      },
      {
        name: "one Ctrl-C ends xargs",
        script: `seq 3 | xargs -n 1 "$@" sh -c 'echo started; exec sleep 30'; echo "$?"`,
        types: [[/started/, CTRL_C]],
        shows: /^started\r\n\^C/,
      },
      {
        // Make dies by the signal; where it sees the end of its child first, it ends with 2.
        name: "one Ctrl-C ends make",
        script: `printf 'all: a b\\na b:\\n\\t@$(M) sh -c "echo started; exec sleep 30"\\n' >Makefile; trap : INT; M="$*" make 2>/dev/null; case $? in 2 | 130) echo ended ;; esac`,
        types: [[/started/, CTRL_C]],
        shows: /^started\r\n\^Cended\r\n$/,
      },
      {
        name: "a prompt is shown before its answer: read -p",
        script: `"$@" bash -c 'read -p "name: " name; echo "hello $name"'`,
        types: [[/name: $/, "bob\n"]],
        shows: /^name: bob\r\nhello bob\r\n$/,
        logs: { executions: 1, stdout: /^hello bob\n$/ },
      },
      {
        name: "a password is not echoed: getpass",
        script: `"$@" /usr/bin/python3 -c 'import getpass; print(len(getpass.getpass()))'`,
        types: [[/Password: $/, "secret\n"]],
        shows: /^Password: \r\n6\r\n$/,
      },
      {
        name: "Ctrl-D ends the input of cat",
        script: `"$@" sh -c 'echo go; exec cat'`,
        types: [
          [/go/, "a line\n"],
          [/a line\r\na line/, CTRL_D],
        ],
        shows: /^go\r\na line\r\na line\r\n$/,
      },
      {
        name: "Ctrl-Z, bg, fg and kill %1 of an interactive bash",
        ...JOB_CONTROL,
      },
      {
        name: "a command in the background is stopped when it reads from the terminal",
        script: `exec 2>/dev/null; set -m; "$@" sh -c 'read line' & until jobs | grep -q Stopped; do sleep 0.02; done; echo stopped; kill -KILL %1`,
        types: [],
        shows: /^stopped\r\n$/,
      },
      {
        name: "the command has the terminal: stty, /dev/tty, its size",
        script: `stty rows 33 cols 77; "$@" sh -c 'stty size; stty size </dev/tty; ps -o tty= -p $$ | sed s/[0-9]*//g'; "$@" sh -c "echo direct >/dev/tty"`,
        types: [],
        shows: /33 77\r\n33 77\r\npts.*\r\ndirect/,
      },
      {
        name: "vim edits, with its output in a pipe",
        script: `"$@" vim.tiny -u NONE -N file 2>&1 | cat >screen; cat file; rm screen`,
        types: [[/^/, "ihello\x1b:wq\n"]],
        shows: /hello/,
        needs: "vim.tiny",
      },
      {
        name: "sudo",
        script: `"$@" sudo -n sh -c 'id -u; exit 4'; echo "$?"`,
        types: [],
        shows: /^0\r\n4\r\n$/,
        needs: "sudo",
      },
    ],
    ["probe"],
  );
});
