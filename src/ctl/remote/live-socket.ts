import { type Collector, trustOf } from "./collector.ts";

/** What a live connection brings. `closed` is the last. */
type LiveEvent =
  | { readonly is: "lines"; readonly text: string }
  | { readonly is: "message"; readonly text: string }
  | { readonly is: "closed"; readonly code: number; readonly reason: string };

/** A WebSocket as a queue: while a line is printed, the next ones wait in it, and the collector notices. */
export async function openSocket(collector: Collector) {
  // Loaded only here: every other command starts without it.
  const { default: WebSocket } = await import("ws");
  const { url, ca, token = "" } = collector.options;
  const address = `${url.replace(/^http/, "ws")}/live`;
  const socket = new WebSocket(address, { headers: { authorization: `Bearer ${token}` }, ...trustOf(ca) });
  const waiting: LiveEvent[] = [];
  let wake = (): void => undefined;
  const add = (event: LiveEvent): void => {
    waiting.push(event);
    // At most what one read of the socket brings waits here.
    if (event.is !== "closed") socket.pause();
    wake();
  };
  let failure = "";
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    add(isBinary ? { is: "lines", text: data.toString("latin1") } : { is: "message", text: data.toString("utf8") });
  });
  socket.on("error", (error: Error) => {
    failure = error.message;
  });
  socket.on("close", (code: number) => add({ is: "closed", code, reason: failure }));
  async function* events(): AsyncGenerator<LiveEvent> {
    for (;;) {
      const event = waiting.shift();
      if (event !== undefined) yield event;
      else {
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        socket.resume();
        await woken;
      }
    }
  }
  const opened = new Promise<void>((resolve) => {
    socket.once("open", resolve).once("close", () => resolve());
  });
  await opened;
  return {
    events: events(),
    send: (text: string) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: () => socket.terminate(),
  };
}
