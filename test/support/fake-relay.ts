import { type SocketServer, socketServer } from "./socket-server.ts";

interface FakeRelay extends SocketServer {
  /** The JSON of BEGIN that each connection brought, oldest connection first. */
  readonly begins: string[];
  /** The frames that each connection brought so far. */
  readonly received: Buffer[];
}

interface FakeRelayOptions {
  /** How far a connection, counted from 0, is read. BEGIN that was read is confirmed. Default all. */
  readonly reads?: (connection: number) => "all" | "BEGIN" | "nothing";
  /** Asked before a BEGIN is confirmed. */
  readonly onBegin?: () => Promise<void>;
  /** Confirms after the half-close that all was taken over. Default true; otherwise nothing comes, not even EOF. */
  readonly confirms?: boolean;
}

const HEAD = /^B ([0-9A-Z]{26}) ([\w-]{22}) (\d+)\n/;

/** A relay's gate, in this process: hangs, breaks or does not confirm on command, as real ones cannot. */
export async function fakeRelay(path: string, options: FakeRelayOptions = {}): Promise<FakeRelay> {
  const { reads = () => "all", onBegin = async () => {}, confirms = true } = options;
  const begins: string[] = [];
  const received: Buffer[] = [];
  const server = await socketServer(path, (socket, index) => {
    received.push(Buffer.alloc(0));
    const upTo = reads(index);
    if (upTo === "nothing") return;
    let waiting: Buffer | undefined = Buffer.alloc(0);
    const take = (bytes: Buffer) => {
      received[index] = Buffer.concat([received[index] ?? Buffer.alloc(0), bytes]);
    };
    socket.resume();
    socket.on("data", (bytes: Buffer) => {
      if (waiting === undefined) return take(bytes);
      waiting = Buffer.concat([waiting, bytes]);
      const [head, , , length] = HEAD.exec(waiting.toString("latin1")) ?? [];
      const end = (head?.length ?? 0) + Number(length);
      if (head === undefined || waiting.length < end) return;
      begins[index] = waiting.toString("utf8", head.length, end);
      take(waiting.subarray(end));
      waiting = undefined;
      if (upTo === "BEGIN") socket.pause();
      void onBegin().then(() => socket.write("K"));
    });
    socket.on("end", () => {
      if (confirms) socket.end("T");
    });
  });
  return { ...server, begins, received };
}
