import { createInterface } from "node:readline";
import { stampNow } from "./latency-samples.ts";

/** How a process sends lines on command. */
interface LineSender {
  /** One line, as it is printed. Lines of a `burst` come many at once. */
  send(firstN: number, texts: readonly string[]): void;
  /** Resolves when everything is on its way. */
  settle(): Promise<void>;
}

const BURST_LINES_AT_ONCE = 60;
const TICK_MS = 1;

/**
 * Takes orders on stdin and answers each with `done N`, N being the last line so far: `pace LINES_PER_SECOND LINES`
 * sends lines one by one at a steady rate, `burst LINES` as fast as can be. Every line begins with the clock.
 */
export async function serveOrders(sender: LineSender, lineBytes: number): Promise<void> {
  const padding = " ".padEnd(lineBytes - stampNow().length, "x");
  const text = () => stampNow() + padding;
  let lastN = 0;
  for await (const order of createInterface({ input: process.stdin })) {
    const [name, ...numbers] = order.split(" ");
    const [first = 0, second = 0] = numbers.map(Number);
    if (name === "pace") {
      const startN = lastN;
      const startedAt = performance.now();
      while (lastN < startN + second) {
        const due = Math.min(second, Math.floor(((performance.now() - startedAt) * first) / 1000));
        while (lastN < startN + due) {
          lastN += 1;
          sender.send(lastN, [text()]);
        }
        await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      }
    } else {
      const end = lastN + first;
      while (lastN < end) {
        const texts = Array.from({ length: Math.min(BURST_LINES_AT_ONCE, end - lastN) }, text);
        sender.send(lastN + 1, texts);
        lastN += texts.length;
      }
    }
    await sender.settle();
    process.stdout.write(`done ${lastN}\n`);
  }
}
