import { describe } from "vitest";
import { JOB_CONTROL } from "../../support/job-control.ts";
import { testTwins } from "../../support/twin.ts";

const PTY = { options: ["--pty"], types: [] } as const;
const CTRL_C = "\x03";
const CTRL_Z = "\x1a";

describe("with --pty, in a terminal: programs that look for one behave as without mlrun", () => {
  testTwins([
    {
      ...PTY,
      name: "all three descriptors are a terminal of the same size",
      script: `stty rows 33 cols 77; "$@" sh -c 'test -t 0 && test -t 1 && test -t 2 && stty size && exit 3'; echo "$?"`,
      shows: /^33 77\r\n3\r\n$/,
      logs: { executions: 1 },
    },
    {
      ...PTY,
      name: "colours, columns and both streams in order",
      script: `touch a b c; "$@" ls --color=always -C; "$@" sh -c 'for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done'`,
      shows: /out 1\r\nerr 1\r\nout 2\r\nerr 2\r\n/,
      logs: { executions: 2 },
    },
    {
      ...PTY,
      name: "git with its pager",
      script: `git init -q r; cd r; git -c user.name=n -c user.email=e@f commit -q --allow-empty -m message; "$@" git -c core.pager='sed s/^/paged:/' log --format=%s; cd ..; rm -rf r`,
      shows: /^paged:message\r\n$/,
    },
    {
      ...PTY,
      name: "less",
      script: `stty rows 10 cols 40; seq 30 >f; TERM=dumb "$@" less -d f; echo "$?"`,
      types: [
        [/9\r\n/, " "],
        [/18\r\n/, "q"],
      ],
      shows: /18\r\n[\s\S]*0\r\n$/,
      needs: "less",
    },
    {
      ...PTY,
      name: "vim",
      script: `stty rows 10 cols 40; TERM=vt100 "$@" vim.tiny -u NONE -N -i NONE file; echo "$?"; cat file`,
      types: [[/\[New\]/, "ihello\x1b:wq\n"]],
      shows: /0\r\nhello\r\n$/,
      needs: "vim.tiny",
    },
    {
      ...PTY,
      name: "a prompt and a password",
      script: `"$@" bash -c 'read -p "name: " name; read -s -p "secret: " secret; echo; echo "$name ${"$"}{#secret}"'`,
      types: [
        [/name: $/, "bob\n"],
        [/secret: $/, "12345\n"],
      ],
      shows: /^name: bob\r\nsecret: \r\nbob 5\r\n$/,
    },
    {
      ...PTY,
      name: "its terminal is as it was",
      script: `stty -g >before; "$@" sh -c 'exit 2'; echo "$?"; stty -g | cmp - before && echo same; rm before`,
      shows: /^2\r\nsame\r\n$/,
    },
  ]);
});

describe("with --pty, under job control: keys and shells stop and continue the command as without mlrun", () => {
  testTwins(
    [
      {
        ...PTY,
        name: "Ctrl-Z, fg and kill %1 of an interactive bash",
        ...JOB_CONTROL,
      },
      {
        ...PTY,
        name: "in the background it stops when it reads, and goes on in the foreground",
        script: JOB_CONTROL.script,
        types: [
          // Each time that it goes on, it says so.
          [
            /% $/,
            `$M perl -e '$|=1; $SIG{CONT} = sub { print "on\\n" }; print "started\\n"; print "got " . <STDIN>'\n`,
          ],
          [/\nstarted/, CTRL_Z],
          [/Stopped[^\n]*\n% $/, "bg; until jobs -s | grep -q .; do sleep 0.05; done; fg\n"],
          [/\non\r[\s\S]*\non\r/, "word\n"],
          [/got word\r\n% $/, "exit\n"],
        ],
        shows: /Stopped[\s\S]*on[\s\S]*on[\s\S]*got word/,
      },
      {
        ...PTY,
        name: "vim, put aside and taken up again",
        script: JOB_CONTROL.script,
        types: [
          [/% $/, "TERM=vt100 $M vim.tiny -u NONE -N -i NONE file\n"],
          [/\[New\]/, CTRL_Z],
          [/Stopped[^\n]*\n% $/, "fg >/dev/null\n"],
          [/fg >\/dev\/null[\s\S]*~[\s\S]*~/, "itwo\x1b:wq\n"],
          [/written[\s\S]*% $/, "clear; cat file; rm file\n"],
          [/two\r\n% $/, "exit\n"],
        ],
        shows: /two\r\n% /,
        needs: "vim.tiny",
      },
      {
        ...PTY,
        name: "Ctrl-Z does nothing where no shell could continue it",
        script: `exec "$@" sh -c 'echo started; read a; echo got $a'`,
        types: [
          [/started/, CTRL_Z],
          [/\^Z/, "word\n"],
        ],
        shows: /started\r\n\^Zword\r\ngot word\r\n$/,
      },
      {
        ...PTY,
        name: "Ctrl-C where stdin is a pipe: to all that the command started",
        script: `sleep 30 | "$@" sh -c 'echo started; sleep 30; echo not reached'; echo "$?"`,
        types: [[/started/, CTRL_C]],
        shows: /^started\r\n\^C/,
      },
      {
        ...PTY,
        name: "each signal to the pid: once",
        script: `/usr/bin/python3 "$PROGRAMS/sends.py" pid "$@" hears`,
        shows: /^ready\r\n1 1\r\n2 2\r\n[\s\S]*64 64\r\nrest \[\] 9\r\n$/,
      },
      {
        ...PTY,
        name: "each signal to the group: once",
        script: `/usr/bin/python3 "$PROGRAMS/sends.py" group "$@" hears`,
        shows: /^ready\r\n1 1\r\n2 2\r\n[\s\S]*64 64\r\nrest \[\] 9\r\n$/,
      },
      {
        ...PTY,
        name: "a stop stops, a continue continues: to the pid and to the group",
        script: `/usr/bin/python3 "$PROGRAMS/stops.py" 20,21,22 "$@"`,
        shows: /pid 20: stopped, continued, ended 3\r\n[\s\S]*group 22: stopped, continued, ended 3\r\n$/,
      },
      {
        ...PTY,
        name: "SIGKILL of mlrun: the command goes, and the terminal takes lines again",
        script: `. "$PROGRAMS/helpers.sh"; exec 2>/dev/null; stty -g >before; set -m
          (until_so test -s pid; until_so test -s ready; kill -KILL $(cat pid)) &
          bash -c 'echo $$ >pid.new; mv pid.new pid; exec "$@"' bash "$@" sh -c 'echo $$ >ready.new; mv ready.new ready; exec sleep 60'; echo "$?"
          is_as_before() { stty -g | cmp -s - before; }; until_so is_as_before && echo same; fate $(cat ready); rm before pid ready`,
        shows: /137\r\nsame\r\ngone\r\n$/,
      },
    ],
    ["hears"],
  );
});

describe("with --merge", () => {
  testTwins([
    {
      name: "500 alternations of stdout and stderr come in order",
      options: ["--merge"],
      script: `"$@" sh -c 'i=0; while [ $i -lt 500 ]; do i=$((i + 1)); echo out $i; echo err $i >&2; done' 2>&1`,
      shows: /^out 1\nerr 1\nout 2\nerr 2\n[\s\S]*err 500\n$/,
      logs: { executions: 1, stdout: /^out 1\nerr 1\nout 2\nerr 2\n[\s\S]*err 500\n$/ },
    },
  ]);
});
