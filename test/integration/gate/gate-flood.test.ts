import { join } from "node:path";
import { expect, test } from "vitest";
import { freePort } from "../../support/free-port.ts";
import { gateClient } from "../../support/gate-client.ts";
import { beginMessage, lineFrame, nameOf } from "../../support/gate-messages.ts";
import { start } from "../../support/processes.ts";
import { startRelay } from "../../support/relay.ts";
import { asRoot, describeAsRoot } from "../../support/root.ts";
import { startRsyslogd } from "../../support/rsyslogd.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const ATTACKER_UID = "61001";
const EXECUTIONS = 20;

/** All at once, as one user: lines and BEGINs without pause, connections held and closed again, half frames. */
const ATTACK = `import random,resource,socket,sys,threading
resource.setrlimit(resource.RLIMIT_NOFILE,(resource.getrlimit(resource.RLIMIT_NOFILE)[1],)*2)
def name():
  n=random.randrange(10**12); return "01JB%022d"%n,"k"*10+"%012d"%n
def begin(x,k):
  json='{"v":1,"x":"%s","k":"%s"}'%(x,k); return ("B %s %s %d\\n%s"%(x,k,len(json),json)).encode()
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
  for s in held: s.sendall(begin(*name()))
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

describeAsRoot("a user who floods his node", () => {
  test("with lines, BEGINs, connections and half frames at once refuses nobody else, and loses no line", async () => {
    const [folder, collectorPort] = [await tempFolder(), await freePort()];
    const config = `module(load="imrelp")
      input(type="imrelp" port="${collectorPort}")
      action(type="omfile" file="/dev/null")`;
    await startRsyslogd({ folder, config, ports: [collectorPort] });
    const relay = await startRelay({ collectorPort });
    const socket = join(relay.runDir, "mlrun.sock");
    const identity = ["setpriv", `--reuid=${ATTACKER_UID}`, `--regid=${ATTACKER_UID}`, "--clear-groups", "--"] as const;
    const [command, ...args] = asRoot(...identity, "env", "PATH=/usr/bin:/bin", "python3", "-c", ATTACK, socket);
    const attack = start(command, args);
    await attack.waitFor(/attacking/);
    // The limit is reached: from here on everything happens at once.
    await relay.gate.waitFor(/<4>gate: uid 61001 has 1000 connections/, 30_000);
    const answers: string[] = [];
    for (let number = 1; number <= EXECUTIONS; number += 1) {
      const client = gateClient(socket);
      client.write(beginMessage(nameOf(number)), lineFrame(nameOf(number), 1));
      client.finish();
      answers.push(await client.ended);
    }
    expect(answers).toEqual(answers.map(() => "KT"));
    expect(attack.output()).toBe("attacking\n");
  });
});
