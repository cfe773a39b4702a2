import type { Browser, Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { afterwards } from "../support/cleanup.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { type MockCollector, startMockCollector } from "../support/mock-collector.ts";
import { MockExecution } from "../support/mock-executions.ts";
import { poll } from "../support/poll.ts";
import { openPage, rowsInView, startBrowser, UI_FOLDER } from "../support/viewer.ts";

const X = "01JC0000000000000000000000";
const SECOND = 1_000;

let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
});

interface Watched {
  readonly mock: MockCollector;
  readonly page: Page;
  readonly proxy: FaultProxy;
  /** Publishes one message of two lines. Resolves when the page has it. */
  print(): Promise<void>;
}

/** A running execution, followed through a proxy by a page whose time stands still: it goes on as the test says. */
async function watch(): Promise<Watched> {
  const startedAtMs = Date.now() - 60 * SECOND;
  const one = new MockExecution({ x: X, node: "n1", argv: ["./a"], startedAtMs, lines: 100 });
  const mock = await startMockCollector({ uiFolder: UI_FOLDER, executions: [one] });
  afterwards(() => mock.close());
  const proxy = await FaultProxy.start(Number(new URL(mock.url).port));
  const { page } = await openPage(browser);
  let received = 0;
  page.on("websocket", (socket) => socket.on("framereceived", () => (received += 1)));
  await page.clock.install();
  await page.addInitScript(() => {
    Object.defineProperty(document, "visibilityState", { get: () => (window as { seen?: string }).seen ?? "visible" });
  });
  await page.goto(`http://127.0.0.1:${proxy.port}/?x=${X}`);
  await poll("the end", async () => (await rowsInView(page)).at(-1)?.n === 100);
  await page.getByText("Live", { exact: true }).waitFor();
  await page.locator(".log-header:not([aria-busy])").waitFor();
  const send = async (publish: () => void): Promise<void> => {
    const before = received;
    publish();
    await poll("the message", () => received > before);
  };
  const print = (): Promise<void> =>
    send(() => {
      one.print(2);
      mock.live.publish(one, [one.lastN - 1, one.lastN]);
    });
  await page.clock.pauseAt(await page.evaluate((ms) => Date.now() + ms, SECOND));
  // From here on nothing has been silent for long.
  await send(() => mock.live.beat());
  return { mock, page, proxy, print };
}

/** Draws of the rows while messages come, so many a second, for two seconds of the page's time. */
async function drawsOf({ page, print }: Watched, messagesASecond: number): Promise<number> {
  await page.evaluate(() => {
    const counts = { draws: 0 };
    const rows = document.querySelector(".rows");
    if (rows !== null)
      new MutationObserver(() => (counts.draws += 1)).observe(rows, {
        childList: true,
        subtree: true,
        characterData: true,
      });
    Object.assign(window, { counts });
  });
  for (let message = 0; message < 2 * messagesASecond; message += 1) {
    await print();
    await page.clock.runFor(SECOND / messagesASecond);
  }
  return page.evaluate(() => (window as unknown as { counts: { draws: number } }).counts.draws);
}

describe("a log that is followed", () => {
  test.each([
    ["40 messages a second, at most twelve times", 40, "visible", 12],
    ["10 messages a second in a tab that nobody sees, at most twice", 10, "hidden", 2],
  ] as const)("is drawn, at %s a second", async (_, messages, seen, most) => {
    const watched = await watch();
    await watched.page.evaluate((state) => Object.assign(window, { seen: state }), seen);
    const draws = await drawsOf(watched, messages);
    // The first one of all is drawn at once.
    expect(draws).toBeLessThanOrEqual(2 * most + 1);
    expect(draws).toBeGreaterThan(1);
  });
});

describe("a connection that is dead", () => {
  test.each([
    ["the network is back", () => window.dispatchEvent(new Event("online"))],
    ["somebody looks again", () => document.dispatchEvent(new Event("visibilitychange"))],
  ])("is made anew at once when %s", async (_, happen) => {
    const { mock, page, proxy } = await watch();
    const subscribed = mock.live.received.length;
    await page.clock.runFor(SECOND);
    proxy.drop();
    // A beat is overdue; nothing has been noticed yet.
    await page.clock.runFor(14 * SECOND);
    expect(mock.live.received.length).toBe(subscribed);
    proxy.pass();
    await page.evaluate(happen);
    await poll(
      "another subscription, while the page's time stands still",
      () => mock.live.received.length > subscribed,
    );
  });

  test("is made anew at once when the machine wakes", async () => {
    const { mock, page, proxy } = await watch();
    const subscribed = mock.live.received.length;
    proxy.drop();
    proxy.pass();
    // An hour in which no timer ran: what is due runs once.
    await page.clock.fastForward(3_600 * SECOND);
    await poll("another subscription", () => mock.live.received.length > subscribed);
  });
});
