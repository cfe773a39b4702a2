import { describe } from "vitest";
import { testTwins } from "../../support/twin.ts";

const HELPERS = `. "$PROGRAMS/helpers.sh"`;
const MPI = `lib() { /sbin/ldconfig -p | sed -n "s/.*$1 .*=> //p" | head -n 1; }
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_btl_base_warn_component_unused=0`;
const MPICH = `${MPI}; cc -o h "$PROGRAMS/mpi_hello.c" "$(lib libmpich.so.12)"`;
const OPEN_MPI = `${MPI}; cc -DOPEN_MPI -o h "$PROGRAMS/mpi_hello.c" "$(lib libmpi.so.40)"`;
const RANKS = /^rank 0 of 4, sum 6\nrank 1 of 4, sum 6\nrank 2 of 4, sum 6\nrank 3 of 4, sum 6\n0\n$/;
const ENDS = `>all; echo "$?" >code; sort all; cat code; rm -f h all code`;

describe("what uses descriptors beyond the first three works", () => {
  testTwins(
    [
      {
        name: "MPICH outside",
        script: `${MPICH}; mpiexec.mpich -n 4 "$@" ./h ${ENDS}`,
        shows: RANKS,
        needs: "mpiexec.mpich",
        logs: { executions: 4 },
      },
      {
        name: "MPICH inside",
        script: `${MPICH}; "$@" mpiexec.mpich -n 4 ./h ${ENDS}`,
        shows: RANKS,
        needs: "mpiexec.mpich",
        logs: { executions: 1 },
      },
      {
        name: "Open MPI outside",
        script: `${OPEN_MPI}; mpiexec.openmpi --oversubscribe -n 4 "$@" ./h ${ENDS}`,
        shows: RANKS,
        needs: "mpiexec.openmpi",
        logs: { executions: 4 },
      },
      {
        name: "Open MPI inside",
        script: `${OPEN_MPI}; "$@" mpiexec.openmpi --oversubscribe -n 4 ./h ${ENDS}`,
        shows: RANKS,
        needs: "mpiexec.openmpi",
        logs: { executions: 1 },
      },
      {
        name: "descriptor 3 of a file",
        script: `"$@" sh -c 'echo three >&3; echo one' 3>f; cat f`,
        shows: /^one\nthree\n$/,
        logs: { executions: 1, stdout: /^one\n$/ },
      },
      {
        name: "a pipe at descriptor 3, for both directions",
        script: `${HELPERS}; exec 4> >(cat >f); echo in | "$@" sh -c 'cat <&0 >&4; cat <&3' 3< <(echo through); exec 4>&-; wait; until_so test -s f; cat f`,
        shows: /^through\nin\n$/,
      },
      {
        name: "flock around it and inherited by it",
        script: `flock lock "$@" sh -c 'flock -n lock -c true || echo taken'; exec 9>lock; flock 9; "$@" sh -c 'flock -n 9 && echo held'; rm lock`,
        shows: /^taken\nheld\n$/,
      },
      {
        name: "a lock is free as soon as mlrun has returned",
        script: `for i in 1 2 3; do "$@" sh -c 'exec 9>lock; flock -n 9 && echo got'; done; flock -n lock "$@" echo free; flock -n lock echo freed; rm lock`,
        shows: /^got\ngot\ngot\nfree\nfreed\n$/,
      },
      {
        name: "process substitution",
        script: `${HELPERS}; "$@" cat <(echo one) <(echo two); "$@" tee >(sort -r >f) < <(printf 'a\\nb\\n') >/dev/null; until_so test -s f; cat f`,
        shows: /^one\ntwo\nb\na\n$/,
      },
      {
        name: "make's jobserver, outside and inside",
        script: `mkdir sub; printf 'all: a b c\\na b c:\\n\\t@echo built $@\\n' >sub/Makefile
          printf 'all: x y\\nx y:\\n\\t@+$(M) $(MAKE) -s -C sub\\n' >Makefile
          M="$*" make -s -j2 2>err | sort; "$@" make -s -j2 -C sub | sort; "$@" make -s -j4 2>>err | sort; cat err; rm -r sub Makefile`,
        shows:
          /^(built a\n){2}(built b\n){2}(built c\n){2}built a\nbuilt b\nbuilt c\n(built a\n){2}(built b\n){2}(built c\n){2}$/,
      },
      {
        name: "socket activation and a watchdog: of the command, and of somebody else",
        script: `sh -c 'LISTEN_FDS=1 LISTEN_PID=$$ WATCHDOG_PID=$$ WATCHDOG_USEC=1 exec "$@"' sh "$@" probe environment 3</dev/null | grep -E '^(LISTEN|WATCH)' | sort
          LISTEN_FDS=1 LISTEN_PID=1 WATCHDOG_PID=1 "$@" probe environment | grep -E '^(LISTEN|WATCH)' | sort`,
        shows:
          /^LISTEN_FDS=1\nLISTEN_PID= its own\nWATCHDOG_PID= its own\nWATCHDOG_USEC=1\nLISTEN_FDS=1\nLISTEN_PID= another's\nWATCHDOG_PID= another's\n$/,
      },
      {
        name: "a socket of systemd-socket-activate",
        script: `${HELPERS}; systemd-socket-activate -l "$PWD/s" "$@" /usr/bin/python3 "$PROGRAMS/accepts.py" 2>/dev/null & until_so test -S s
          said=$(/usr/bin/python3 -c 'import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect("s"); print(s.recv(99).decode())'); wait $!; code=$?
          echo "$said"; echo "$code"; rm s`,
        shows: /^served\nhello from the socket\n0\n$/,
        needs: "systemd-socket-activate",
      },
    ],
    ["probe"],
  );
});

describe("pipes and disks", () => {
  testTwins([
    {
      name: "| head ends an endless command by SIGPIPE",
      script: `"$@" yes | head -n 3; echo "\${PIPESTATUS[0]}"`,
      shows: /^y\ny\ny\n141\n$/,
    },
    {
      name: "| head of a program that handles it itself",
      script: `"$@" /usr/bin/python3 -c 'while True: print("y" * 99)' 2>err | head -n 1; echo "\${PIPESTATUS[0]}"; tail -n 1 err; rm err`,
      shows: /^y+\n1\nBrokenPipeError: /,
    },
    {
      name: "| head of a command that ignores SIGPIPE",
      script: `(trap '' PIPE; "$@" yes 2>err) | head -n 1; tail -n 1 err; rm err`,
      shows: /^y\nyes: standard output: Broken pipe\n$/,
    },
    {
      name: "a full disk ends the job with a failure, and what fits is there",
      needsRoot: true,
      script: `mkdir d; unshare --mount bash -c 'mount -t tmpfs -o size=64k none d; "$@" seq 1000000 >d/out 2>/dev/null && echo good || echo failed; stat -c %s d/out' bash "$@"`,
      shows: /^failed\n65536\n$/,
    },
    {
      name: "/dev/full",
      script: `"$@" seq 3 >/dev/full 2>/dev/null && echo good || echo failed`,
      shows: /^failed\n$/,
    },
    {
      name: "a limit on the size of files ends the job with a failure",
      script: `(ulimit -f 8; "$@" seq 100000 >out 2>/dev/null && echo good || echo failed) 2>/dev/null; stat -c %s out; rm out`,
      shows: /^failed\n8192\n$/,
    },
    {
      name: "both streams in one file, appended, and a file as stdin",
      script: `seq 5 >in; echo first >f; "$@" sh -c 'cat; sort -r' <in >>f 2>&1; "$@" sh -c 'echo err >&2' >>f 2>&1; cat f`,
      shows: /^first\n1\n2\n3\n4\n5\nerr\n$/,
    },
    {
      name: "the offset of stdin is shared",
      script: `seq 5 >in; { "$@" bash -c 'read line; echo "got $line"'; cat; } <in`,
      shows: /^got 1\n2\n3\n4\n5\n$/,
    },
    {
      name: "closed stdout, closed stderr, all closed",
      script: `"$@" sh -c 'echo out; echo err >&2; exit 3' 2>&-; echo "$?"; "$@" sh -c 'echo err >&2; exit 3' >&-; echo "$?"; "$@" sh -c 'exit 4' <&- >&- 2>&-; echo "$?"`,
      shows: /^out\n3\n3\n4\n$/,
    },
    {
      name: "20 MB of bytes, exactly",
      script: `"$@" head -c 20000000 <(yes 'a line of some bytes') | sha256sum; "$@" sh -c 'head -c 3000000 /dev/zero; exit 9' | sha256sum; echo "\${PIPESTATUS[0]}"`,
      shows: /^\w{64} {2}-\n\w{64} {2}-\n9\n$/,
    },
  ]);
});

const SET_UID = `cp "$(command -v probe)" p; chmod u+s p; setpriv --reuid 65534 --regid 65534 --clear-groups`;

describe("programs that people run", () => {
  testTwins(
    [
      {
        name: "a compiler, and what it made",
        script: `echo 'int puts(const char*); int main(void) { puts("compiled"); return 3; }' >x.c; "$@" cc -o x x.c; "$@" ./x; echo "$?"; rm x`,
        shows: /^compiled\n3\n$/,
      },
      {
        name: "perl and Python, in pieces",
        script: `"$@" perl -e '$| = 1; print "no newline"; print STDERR "err\\n"; exit 5'; echo " $?"; "$@" /usr/bin/python3 -c 'import sys; print("py", flush=True); sys.exit("why")'; echo "$?"`,
        shows: /^no newline 5\npy\n1\n$/,
      },
      {
        name: "Node inside",
        script: `NODE_OPTIONS=--no-warnings "$@" node -e 'console.log(process.argv.length, process.env.NODE_OPTIONS); process.exitCode = 7'; echo "$?"`,
        shows: /^1 --no-warnings\n7\n$/,
      },
      {
        name: "git",
        script: `git init -q r; cd r; git -c user.name=n -c user.email=e@f commit -q --allow-empty -m message; "$@" git -p log --format=%s; cd ..; rm -rf r`,
        shows: /^message\n$/,
      },
      {
        name: "less and top into a pipe",
        script: `seq 3 >f; "$@" less f; "$@" top -b -n 1 | grep -c '^Tasks:'`,
        shows: /^1\n2\n3\n1\n$/,
        needs: "less",
      },
      {
        name: "a set-uid command of another user",
        needsRoot: true,
        script: `${SET_UID} "$@" ./p process; rm p`,
        shows: /uid 65534 gid 65534\nits parent's group 1/,
        logs: { executions: 1 },
      },
      {
        name: "apt and npm",
        script: `"$@" apt-cache policy coreutils | head -n 1; "$@" npm --version | grep -c '^[0-9]'; rm -rf .npm`,
        shows: /^coreutils:\n1\n$/,
        needs: "npm",
      },
      {
        name: "cmake --build",
        script: `printf 'cmake_minimum_required(VERSION 3.5)\\nproject(p C)\\nadd_executable(x x.c)\\n' >CMakeLists.txt; echo 'int main(void) { return 6; }' >x.c; "$@" cmake -S . -B b >/dev/null; "$@" cmake --build b -j2 | grep -c Built; b/x; echo "$?"; rm -r b`,
        shows: /^1\n6\n$/,
        needs: "cmake",
      },
      {
        name: "a JVM",
        script: `echo 'class A { public static void main(String[] a) { System.out.println("jvm"); System.exit(5); } }' >A.java; "$@" java -XX:TieredStopAtLevel=1 A.java; echo "$?"`,
        shows: /^jvm\n5\n$/,
        needs: "java",
      },
      {
        name: "Rust",
        script: `echo 'fn main() { println!("rust"); panic!("why") }' >a.rs; "$@" rustc -C opt-level=0 a.rs && "$@" ./a 2>/dev/null; echo "$?"; rm -f a`,
        shows: /^rust\n101\n$/,
        needs: "rustc",
      },
      {
        name: "Fortran",
        script: `printf 'program p\\nprint *, "fortran"\\nstop 4\\nend\\n' >a.f90; gfortran -o a a.f90; "$@" ./a; echo "$?"; rm a`,
        shows: /^ fortran\n4\n$/,
        needs: "gfortran",
      },
      {
        name: "ssh",
        needsRoot: true,
        // A network of their own; the server finds the key in a home that is there for it alone.
        script: `umask 077; mkdir .ssh; ssh-keygen -q -t ed25519 -N '' -f key; dropbearkey -t ed25519 -f host >/dev/null 2>&1; cp key.pub .ssh/authorized_keys
          unshare --mount --net bash -c '${HELPERS}; mount --bind . ~; ip link set lo up; dropbear -F -r host -p 127.0.0.1:22 -P pid & until_so bash -c ": </dev/tcp/127.0.0.1/22"
            "$@" ssh -F none -T -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -i key root@127.0.0.1 "echo out; echo err >&2; exit 7"
            echo "$?"; kill $!; wait' bash "$@"; rm -r key* host .ssh`,
        shows: /^out\n7\n$/,
        needs: "dropbear",
      },
    ],
    ["probe"],
  );
});
