import { describe } from "vitest";
import { ROOT } from "../../support/programs.ts";
import { type Row, testTwins } from "../../support/twin.ts";

/** Shows its two streams and its code. */
const JOB = `sh -c 'echo out; echo err >&2; exit 3'`;
const RUNS = /^out\n3\n$/;
const LOGGED = { executions: 1, stdout: /^out\n$/ };
/** All that mlrun may say where it cannot log, and why. */
const WARNS = /^mlrun: /;

/** A row: what stands before the job, for instance other settings. */
const under = (name: string, before: string, more: object = {}) => ({
  name,
  script: `${before} "$@" ${JOB}; echo "$?"`,
  shows: RUNS,
  ...more,
});

describe("an environment that would break or steer Node does not touch the job, and it is logged", () => {
  testTwins(
    [
      under("NODE_OPTIONS=--inspect-brk", "NODE_OPTIONS=--inspect-brk=127.0.0.1:0", { logs: LOGGED }),
      under(
        "NODE_OPTIONS=--require",
        `echo 'require("fs").writeFileSync("ran", "")' >x.cjs; NODE_OPTIONS="--require $PWD/x.cjs"`,
        { logs: LOGGED },
      ),
      under("NODE_OPTIONS that Node does not know", "NODE_OPTIONS='--bogus --max-old-space-size=1'", { logs: LOGGED }),
      under(
        "NODE_V8_COVERAGE, NODE_DEBUG, NODE_PATH, NODE_EXTRA_CA_CERTS, NODE_CHANNEL_FD, NODE_REPL_HISTORY",
        "NODE_V8_COVERAGE=$PWD/coverage NODE_DEBUG=fs,net,child_process NODE_PATH=/x NODE_EXTRA_CA_CERTS=/x NODE_CHANNEL_FD=9 NODE_UNIQUE_ID=1",
        { logs: LOGGED },
      ),
      under(
        "UV_*, OPENSSL_CONF, SSL_CERT_FILE, ICU and locale",
        "UV_USE_IO_URING=1 UV_THREADPOOL_SIZE=bogus OPENSSL_CONF=/nonexistent SSL_CERT_FILE=/x NODE_ICU_DATA=/x LC_ALL=xx LANG=yy TZ=bogus",
        { logs: LOGGED },
      ),
      under("a broken libstdc++ in LD_LIBRARY_PATH", "mkdir l; echo broken >l/libstdc++.so.6; LD_LIBRARY_PATH=$PWD/l", {
        logs: LOGGED,
      }),
      under(
        "a library that aborts Node in LD_PRELOAD",
        "LD_PRELOAD=$(dirname $(command -v aborts_node.so))/aborts_node.so",
        { logs: LOGGED },
      ),
      under("no node in PATH", `mkdir b; ln -s "$(command -v sh)" b/sh; PATH=$PWD/b`, { logs: LOGGED }),
      under(
        "another node in PATH",
        `mkdir b; printf '#!/bin/sh\\ntouch ran' >b/node; chmod +x b/node; PATH=$PWD/b:$PATH`,
        { logs: LOGGED },
      ),
      under("cron's environment", "env -i SHELL=/bin/sh PATH=/usr/bin:/bin HOME=/root LOGNAME=root", { logs: LOGGED }),
      under("no PATH, no HOME", "env -u PATH -u HOME", { logs: LOGGED }),
      under(
        "MALLOC_PERTURB_, GLIBC_TUNABLES, a small stack",
        "ulimit -s 256; MALLOC_PERTURB_=165 GLIBC_TUNABLES=glibc.malloc.check=3",
        { logs: LOGGED },
      ),
    ],
    ["aborts_node.so"],
    { needsNode: true },
  );
});

const LIMITS: readonly Row[] = [
  under("ulimit -Sn 1024", "ulimit -Sn 1024;", { logs: LOGGED }),
  under("ulimit -n 12", "ulimit -n 12;", { warns: WARNS }),
  under("ulimit -n 8", "ulimit -n 8;", { warns: WARNS }),
  under("ulimit -n 20", "ulimit -n 20;", { warns: WARNS }),
  under("ulimit -n 26", "ulimit -n 26;", { warns: WARNS }),
  under("ulimit -v 600000", "ulimit -v 600000;", { warns: WARNS }),
  under("ulimit -v 100000", "ulimit -v 100000;", { warns: WARNS }),
  under("ulimit -v 1500000", "ulimit -v 1500000;", { warns: WARNS }),
  under("ulimit -f 0: no file may be written", "ulimit -f 0;", { logs: LOGGED }),
  under("memory for the command and not for records", "prlimit --as=5000000", {
    warns: WARNS,
    says: /^mlrun: the output is not logged: Cannot allocate memory$/,
  }),
  under("ulimit -d 20000", "ulimit -d 20000;", { warns: WARNS }),
  under("ulimit -l 0, -q 0, -i 0", "ulimit -l 0; ulimit -q 0; ulimit -i 0;", { warns: WARNS }),
  {
    name: "ulimit -t: the command's processor time ends the command",
    script: `(ulimit -St 1; "$@" sh -c 'while :; do :; done'; echo "$?") 2>/dev/null`,
    shows: /^152\n$/,
  },
  ...[1, 2, 3, 4, 6, 8, 10, 14].map((free) => ({
    name: `ulimit -u with ${free} processes free`,
    needsRoot: true,
    // Of a uid that nobody has; bash itself is its first process.
    script: `printf '#!/bin/sh\\necho out; echo err >&2; exit 3\\n' >job; chmod +x job; uid=$((100000 + $$)); exec setpriv --reuid $uid --regid $uid --clear-groups bash -c 'ulimit -u ${free + 1}; "$@" ./job; echo "$?"' bash "$@"`,
    shows: RUNS,
    warns: WARNS,
  })),
];

describe("limits: the job runs, and is logged where that can be", () => {
  testTwins(LIMITS, [], { needsNode: true });
});

describe("limits: a short job, which no Node logs, runs and is logged where that can be", () => {
  testTwins(LIMITS);
});

/** Runs what follows where the mounts of the row are made; everything else is as it was. */
const mounted = (name: string, mounts: string, more: object = {}) => ({
  name,
  needsRoot: true,
  script: `unshare --mount bash -c '${mounts}; "$@" sh -c "echo out; echo err >&2; exit 3"; echo "$?"' bash "$@"`,
  shows: RUNS,
  ...more,
});

const LACKS: readonly Row[] = [
  mounted(
    "a read-only /tmp and /dev/shm",
    "for d in /tmp /dev/shm; do mount --bind $d $d; mount -o remount,bind,ro $d; done",
    { logs: LOGGED },
  ),
  mounted(
    "a full /tmp and /dev/shm",
    // mlrun itself stays in its place, also in a checkout below /tmp.
    `exec 9<${ROOT}; for d in /tmp /dev/shm /run /var/tmp; do mount -t tmpfs -o size=4k none $d; done
        mkdir -p ${ROOT}; mount --bind /proc/self/fd/9 ${ROOT}; exec 9<&-
        for d in /tmp /dev/shm /run /var/tmp; do head -c 99999 /dev/zero >$d/full 2>/dev/null; done`,
    { warns: WARNS },
  ),
  mounted("no /proc", "mount -t tmpfs none /proc", { logs: LOGGED }),
  mounted("no /proc, /sys, /dev", "for d in /proc /sys /dev; do mount -t tmpfs none $d; done", { warns: WARNS }),
  mounted(
    "no /etc/passwd, no /etc/hostname",
    "for f in /etc/passwd /etc/group /etc/nsswitch.conf; do mount --bind /dev/null $f; done",
    { logs: LOGGED },
  ),
  under("no mkfifo", `mkdir b; for c in sh env; do ln -s "$(command -v $c)" b/$c; done; PATH=$PWD/b`, {
    logs: LOGGED,
  }),
  under("no HOME", "env -u HOME", { logs: LOGGED }),
  under("TMPDIR that is no folder", "TMPDIR=/etc/passwd", { logs: LOGGED }),
  {
    name: "no folder: it is gone",
    script: `mkdir gone; cd gone; rmdir ../gone; "$@" ${JOB}; echo "$?"`,
    shows: RUNS,
    logs: LOGGED,
  },
  under("a uid without a name", "setpriv --reuid 54321 --regid 54321 --clear-groups", {
    needsRoot: true,
    logs: LOGGED,
  }),
  under("a user namespace", "unshare --user --map-root-user", { logs: LOGGED }),
  under("the first process of a container", "unshare --pid --fork --mount-proc", { needsRoot: true, logs: LOGGED }),
  under("the first process of a container without /proc", "unshare --pid --fork", { needsRoot: true, logs: LOGGED }),
  under("a container without a network", "unshare --net", { needsRoot: true, logs: LOGGED }),
  under("no new privileges, no capabilities", "setpriv --no-new-privs --bounding-set=-all --inh-caps=-all", {
    needsRoot: true,
    logs: LOGGED,
  }),
  under("under strace, alone and with all that it starts", "strace -o /dev/null strace -f -o /dev/null", {
    logs: LOGGED,
  }),
  under("under stdbuf, nice, env, setsid --wait", "stdbuf -oL nice env A=1 setsid --wait", { logs: LOGGED }),
];

describe("a machine that lacks something: the job runs", () => {
  testTwins(LACKS, [], { needsNode: true });
});

describe("a machine that lacks something: a short job, which no Node logs, runs", () => {
  testTwins(LACKS);
});
