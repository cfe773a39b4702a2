import { type RunningProcess, type StartOptions, start } from "./processes.ts";

/** Runs its arguments on a terminal of 100 columns: passes bytes on both ways, and the exit code. */
const PTY = `import fcntl,os,pty,select,struct,sys,termios
pid,fd=pty.fork()
if pid==0: os.execvp(sys.argv[1],sys.argv[1:])
fcntl.ioctl(fd,termios.TIOCSWINSZ,struct.pack("HHHH",30,100,0,0))
sources=[fd,0]
while True:
  ready,_,_=select.select(sources,[],[])
  if 0 in ready:
    data=os.read(0,4096)
    if data: os.write(fd,data)
    else: sources.remove(0)
  if fd in ready:
    try: data=os.read(fd,65536)
    except OSError: break
    if not data: break
    os.write(1,data)
_,status=os.waitpid(pid,0)
sys.exit(os.waitstatus_to_exitcode(status) & 255)`;

/** Starts a program on a terminal: its output there goes to stdout, and bytes written to stdin are typed. */
export function startOnTerminal(command: readonly [string, ...string[]], options: StartOptions = {}): RunningProcess {
  return start("python3", ["-c", PTY, ...command], options);
}
