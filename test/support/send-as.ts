import { run } from "./processes.ts";
import { asUser, type TestUser } from "./root.ts";

/** Sends stdin to a stream socket, half-closes it, and prints the answer. */
const STREAM = `import socket,sys
s=socket.socket(socket.AF_UNIX,socket.SOCK_STREAM); s.connect(sys.argv[1])
try: s.sendall(sys.stdin.buffer.read()); s.shutdown(socket.SHUT_WR)
except OSError: pass
try:
  while True:
    b=s.recv(65536)
    if not b: break
    sys.stdout.write(b.decode())
except OSError: pass`;

/** Prints which of the paths on stdin its user may read or write: "r PATH" and "w PATH". */
const TRY = `import os,stat,sys
for path in sys.stdin.read().split("\\0"):
  try: kind=os.stat(path).st_mode
  except OSError: continue
  if stat.S_ISDIR(kind):
    for mode,name in ((os.R_OK,"r"),(os.W_OK,"w")):
      if os.access(path,mode): print(name,path)
  elif stat.S_ISREG(kind):
    for mode,name in (("rb","r"),("ab","w")):
      try: open(path,mode).close(); print(name,path)
      except OSError: pass`;

/** Sends to the gate as a user, over one connection. @returns The answer: "KT" if everything was taken over. */
export async function sendToGateAs(user: TestUser, socketPath: string, bytes: Buffer): Promise<string> {
  const [command, ...args] = asUser(user, "python3", "-c", STREAM, socketPath);
  const result = await run(command, args, { input: bytes });
  if (result.code !== 0) throw new Error(`Cannot send as ${user.name}: ${result.stderr}`);
  return result.stdout;
}

/** Files and folders of known names that a user may read ("r PATH") and write ("w PATH"). */
export async function openableBy(user: TestUser, paths: readonly string[]): Promise<string[]> {
  const [command, ...args] = asUser(user, "python3", "-c", TRY);
  const result = await run(command, args, { input: paths.join("\0") });
  if (result.code !== 0) throw new Error(`Cannot try as ${user.name}: ${result.stderr}`);
  return result.stdout.split("\n").filter((line) => line !== "");
}
