import { type RunningProcess, start } from "./processes.ts";
import { asRoot } from "./root.ts";

const FLOOD = `import random,resource,socket,sys,threading
resource.setrlimit(resource.RLIMIT_NOFILE,(resource.getrlimit(resource.RLIMIT_NOFILE)[1],)*2)
def name():
  n=random.randrange(10**12); return "01JB%022d"%n,"k"*10+"%012d"%n
def begin(x,k):
  more="" if random.random()<.5 else ',"job":"flood","argv":["flood"],"cwd":"/","labels":{},"startedAt":"2026-11-20T04:17:44.960662Z","node":"n","pid":1'
  json='{"v":1,"x":"%s","k":"%s"%s}'%(x,k,more); return ("B %s %s %d\\n%s"%(x,k,len(json),json)).encode()
def frame(x,k,text):
  head='<14>1 2026-11-20T04:17:44.960662Z n mlrun 1 LINES [ml@32473 v="1" t="lines" x="%s" k="%s" s="stdout" n="1" c="1" b="%d"] 1 '%(x,k,len(text))
  return ("%d %s%s"%(len(head)+len(text),head,text)).encode()
def gate():
  s=socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect(sys.argv[1]); return s
def lines():
  x,k=name(); s=gate(); s.sendall(begin(x,k)); s.recv(1); block=frame(x,k,"y"*100)*2000
  while True: s.sendall(block)
def begins():
  held=[gate() for _ in range(50)]
  for s in held:
    x,k=name(); s.sendall(begin(x,k)+frame(x,k,"y"))
  for s in held: s.recv(1)
def idle():
  held=[gate() for _ in range(900)]
  for s in held:
    try: s.recv(1)
    except OSError: pass
def half():
  held=[]
  for _ in range(100):
    x,k=name(); s=gate(); s.sendall(begin(x,k)+frame(x,k,"y"*7000)[:-1]); held.append(s)
  for s in held: s.recv(9)
def churn():
  for _ in range(100): gate().close()
def again(attack):
  while True:
    try: attack()
    except OSError: pass
for attack in (lines,begins,idle,half,churn): threading.Thread(target=again,args=(attack,),daemon=True).start()
print("attacking",flush=True)
sys.stdin.read()`;

/**
 * A user who floods a node's gate with everything at once: lines and BEGINs without pause, connections held and closed
 * again, half frames. The collector refuses half of the BEGINs as malformed, so their lines have no owner.
 *
 * @param socket The gate's socket.
 */
export async function startUserFlood(socket: string, uid: number): Promise<RunningProcess> {
  const identity = ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "--"] as const;
  const [command, ...args] = asRoot(...identity, "env", "PATH=/usr/bin:/bin", "python3", "-c", FLOOD, socket);
  const flood = start(command, args);
  await flood.waitFor(/attacking/);
  return flood;
}
