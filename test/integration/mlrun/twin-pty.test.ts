import { describe } from "vitest";
import { testTwins } from "../../support/twin.ts";

const PTY = { options: ["--pty"], types: [] } as const;

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
