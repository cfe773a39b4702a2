import { run } from "./processes.ts";
import { asUser, type TestUser } from "./root.ts";

/** Octet-counted frames on stdin go to a stream socket; waits for the other end's EOF, as mlrun does. */
const STREAM = `import socket,sys
s=socket.socket(socket.AF_UNIX,socket.SOCK_STREAM); s.connect(sys.argv[1])
s.sendall(sys.stdin.buffer.read()); s.shutdown(socket.SHUT_WR)
while s.recv(65536): pass`;

/** Which of the paths on stdin may be read or written, by whoever runs it: "r PATH" and "w PATH". */
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

/** Sends frames to lines.sock as a user. */
export async function sendLinesAs(user: TestUser, socketPath: string, frames: readonly string[]): Promise<void> {
  const bytes = Buffer.concat(frames.map((frame) => Buffer.from(`${Buffer.byteLength(frame)} ${frame}`)));
  const [command, ...args] = asUser(user, "python3", "-c", STREAM, socketPath);
  const result = await run(command, args, { input: bytes });
  if (result.code !== 0) throw new Error(`Cannot send as ${user.name}: ${result.stderr}`);
}

/** What a user may read ("r PATH") and write ("w PATH") of files and folders whose names are known. */
export async function openableBy(user: TestUser, paths: readonly string[]): Promise<string[]> {
  const [command, ...args] = asUser(user, "python3", "-c", TRY);
  const result = await run(command, args, { input: paths.join("\0") });
  if (result.code !== 0) throw new Error(`Cannot try as ${user.name}: ${result.stderr}`);
  return result.stdout.split("\n").filter((line) => line !== "");
}
