import { describe } from "vitest";
import { testTwins } from "../../support/twin.ts";

describe("arguments, environment and names are the command's byte for byte", () => {
  testTwins(
    [
      {
        name: "arguments of any bytes, empty ones, and what looks like an option of mlrun",
        script: `"$@" probe arguments $'\\xff\\xfe\\x80' '' $'a\\nb\\tc' $'\\x01\\x7f\\x1b[0m' -- --quiet --help '' ''`,
        shows: /^probe\narguments\n\\xff\\xfe\\x80\n\na\\x0ab/,
        logs: { executions: 1, stdout: /^probe\narguments\n\\xff\\xfe\\x80\n\na\\x0ab/ },
      },
      {
        name: "50,000 arguments",
        script: `"$@" probe arguments $(seq 1 50000)`,
        shows: /\n50000\n$/,
        logs: { executions: 1, stdout: /\n50000\n$/ },
      },
      {
        name: "one argument as long as the kernel takes",
        script: `"$@" probe arguments "$(printf '%0131071d' 7)"`,
        shows: /^probe\narguments\n0{131070}7\n$/,
        logs: { executions: 1 },
      },
      {
        name: "a program's name of any bytes, in a folder of any bytes",
        script: `mkdir $'d\\xff\\xf6'; cd $'d\\xff\\xf6'; cp "$(command -v probe)" $'p\\xf6\\n'; "$@" ./$'p\\xf6\\n' arguments; "$@" pwd`,
        shows: /^\.\/p\\xf6\\x0a\narguments\n.*d\xff\xf6\n$/,
        logs: { executions: 2, stdout: /^\.\/p\\xf6\\x0a\n/ },
      },
      {
        name: "an environment of any bytes, names as well",
        script: `env $'\\xff\\xfe=\\x80\\x01' 'a b=c d' 'empty=' $'n=\\n' "$@" probe environment`,
        shows: /\\xff\\xfe=\\x80\\x01\na b=c d\nempty=\nn=\\x0a\n/,
        logs: { executions: 1 },
      },
      {
        name: "an empty environment",
        script: `env -i "$(command -v env)" "$@" "$(command -v probe)" environment; echo "$?"`,
        shows: /^0\n$/,
        logs: { executions: 1 },
      },
      {
        name: "variables that are there twice, without '=', without a name",
        script: `raw_env TWICE=1 TWICE=2 bare =nameless PYTHONPATH=a PYTHONPATH=b -- "$@" probe environment`,
        shows: /TWICE=1\nTWICE=2\nbare\n=nameless\nPYTHONPATH=a\nPYTHONPATH=b\n$/,
        logs: { executions: 1 },
      },
      {
        name: "PYTHONUNBUFFERED as it is set, and LD_*, NODE_*",
        script: `export PYTHONUNBUFFERED= LD_BIND_NOW=1 NODE_OPTIONS=--no-warnings; "$@" sh -c 'env | grep -E "^(PYTHONUNB|LD_|NODE_O)" | sort'`,
        shows: /^LD_BIND_NOW=1\nNODE_OPTIONS=--no-warnings\nPYTHONUNBUFFERED=\n$/,
        logs: { executions: 1 },
      },
      {
        name: "a command that is not there, one that cannot run, a folder, an empty name",
        script: `exec 2>&1
          try() { "$@" 2>/dev/null; echo "$?"; }
          try "$@" /nonexistent/command; try "$@" nosuchcommand; try "$@" /etc/passwd; try "$@" /etc; try "$@" ''`,
        shows: /^127\n127\n126\n126\n127\n$/,
      },
      {
        name: "a script without an interpreter line runs as a shell script",
        script: `printf 'echo "as $0"' >script; chmod +x script; "$@" env ./script`,
        shows: /^as /,
      },
    ],
    ["probe", "raw_env"],
  );
});

const EACH_SIGNAL = "HUP INT QUIT PIPE ALRM TERM USR1 USR2 XCPU XFSZ CHLD TSTP TTIN TTOU WINCH URG IO PROF SYS RTMIN+3";

describe("what a process inherits is the command's", () => {
  testTwins(
    [
      {
        name: "ignored signals, each of them",
        script: `for s in ${EACH_SIGNAL}; do trap '' $s; done; "$@" probe signals`,
        shows: /ignored 1\nignored 2\nignored 3\nignored 10\n/,
        logs: { executions: 1, stdout: /ignored 37\n/ },
      },
      {
        name: "blocked signals, all of them",
        script: `env --block-signal "$@" probe signals`,
        shows: /blocked 1\nblocked 2\n/,
        logs: { executions: 1, stdout: /blocked 64\n/ },
      },
      {
        name: "default signals",
        script: `"$@" probe signals; echo done`,
        shows: /^done\n$/,
      },
      {
        name: "nohup's",
        script: `nohup "$@" probe signals`,
        shows: /^ignored 1\n/,
      },
      {
        name: "descriptors from 3 on, for reading, writing, appending, of pipes, far apart",
        script: `exec 3>f 4<f 5>>f 9<>f 10>f 15>f 16>f 63>f 100>f 101>f 255>&- 900>f 6< <(echo in) 7> >(cat); "$@" probe descriptors`,
        shows: /descriptor 3 .*\ndescriptor 4 .*\ndescriptor 5 .*\ndescriptor 6 type 10000 .*\n/,
        logs: { executions: 1 },
      },
      {
        name: "a closed stdin",
        script: `"$@" probe descriptors <&-; echo "$?"`,
        shows: /stdin closed\n0\n/,
        logs: { executions: 1 },
      },
      {
        name: "limits, soft and hard",
        script: `ulimit -Sn 1024; ulimit -Ss 4096; ulimit -Sc 0; ulimit -Sf 100000; ulimit -Su 9000; "$@" probe limits`,
        shows: /limit 7: 1024 /,
        logs: { executions: 1 },
      },
      {
        name: "umask, niceness, affinity, group and session",
        script: `umask 027; nice -n 5 taskset -c 0 "$@" probe process`,
        shows: /^umask 027 nice 5 cpus 1 .*\nits parent's group 1, session 1\nfolder known\n$/,
        logs: { executions: 1 },
      },
      {
        name: "a folder that is gone",
        script: `mkdir gone; cd gone; rmdir ../gone; "$@" probe process`,
        shows: /folder No such file or directory\n$/,
        logs: { executions: 1 },
      },
    ],
    ["probe"],
  );
});
