import type { Browser, Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { afterwards } from "../support/cleanup.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import type { MockCollector } from "../support/mock-collector.ts";
import { startMockCollector } from "../support/mock-collector.ts";
import type { MockExecutionOptions } from "../support/mock-executions.ts";
import { MockExecution } from "../support/mock-executions.ts";
import { poll } from "../support/poll.ts";
import { openPage, rowsInView, startBrowser, topAtRest, UI_FOLDER } from "../support/viewer.ts";

const X = "01JC0000000000000000000000";

let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
});

interface Watched {
  readonly mock: MockCollector;
  readonly page: Page;
  readonly executions: readonly MockExecution[];
  /** Prints and publishes `count` lines of the first execution. */
  print(count: number): void;
}

/** A running execution, or a job of several, open in a viewer. */
async function watch(
  options: readonly Partial<MockExecutionOptions>[],
  query = `x=${X}`,
  through: (mock: MockCollector, page: Page) => Promise<string> = async ({ url }) => url,
): Promise<Watched> {
  const startedAtMs = Date.now() - 60_000;
  const executions = options.map(
    (each, index) =>
      new MockExecution({ x: `${X.slice(0, -1)}${index}`, node: `n${index}`, argv: ["./a"], startedAtMs, ...each }),
  );
  const mock = await startMockCollector({ uiFolder: UI_FOLDER, executions });
  afterwards(() => mock.close());
  const { page } = await openPage(browser);
  await page.goto(`${await through(mock, page)}/?${query}`);
  await page.locator(".log").waitFor();
  await poll("subscribed", () => mock.live.viewers === 1 && mock.live.received.length > 0);
  const print = (count: number): void => {
    const [first] = executions;
    if (first === undefined) return;
    first.print(count);
    mock.live.publish(first, [first.lastN - count + 1, first.lastN]);
  };
  return { mock, page, executions, print };
}

async function seeLast(page: Page, n: number): Promise<void> {
  await poll(`line ${n} last in view`, async () => (await rowsInView(page)).at(-1)?.n === n);
}

describe("a running execution", () => {
  test("is followed at its end", async () => {
    const { page, print } = await watch([{ lines: 100 }]);
    await seeLast(page, 100);
    for (let batch = 1; batch <= 50; batch += 1) print(100);
    await seeLast(page, 5_100);
    await page.getByText("Live", { exact: true }).waitFor();
    expect(await page.locator(".row").count()).toBeLessThan(100);
  });

  test("draws new lines with the elements of old ones, and fetches again what it has let go", async () => {
    const { page, print } = await watch([{ lines: 500 }]);
    await seeLast(page, 500);
    await page.locator(".log-header:not([aria-busy])").waitFor();
    const made = await page.evaluate(() => {
      const rows = [...document.querySelectorAll<HTMLElement>(".row")];
      for (const row of rows) row.dataset["made"] = "before";
      return rows.length;
    });
    for (let batch = 1; batch <= 80; batch += 1) print(100);
    await seeLast(page, 8_500);
    expect(await page.locator('.row[data-made="before"]').count()).toBe(made);
    await page.mouse.move(400, 400);
    await poll("line 3,500 in view", async () => {
      await page.mouse.wheel(0, -50_000);
      return (await rowsInView(page)).some(({ n }) => n < 3_500);
    });
    expect((await rowsInView(page)).filter(({ isHole }) => isHole)).toEqual([]);
  });

  test("pauses on scrolling up, counts waiting lines, and returns", async () => {
    const { page, print } = await watch([{ lines: 500 }]);
    await seeLast(page, 500);
    await page.mouse.move(400, 400);
    await page.mouse.wheel(0, -1_000);
    await page.getByRole("button", { name: "Follow" }).waitFor();
    await topAtRest(page);
    const before = await rowsInView(page);
    print(1_234);
    const button = page.getByRole("button", { name: "1,234 new lines" });
    await button.waitFor();
    expect(await rowsInView(page)).toEqual(before);
    await button.click();
    await seeLast(page, 1_734);
    print(1);
    await seeLast(page, 1_735);
  });

  test("is followed again after scrolling back to the end", async () => {
    const { page, print } = await watch([{ lines: 500 }]);
    await seeLast(page, 500);
    await page.mouse.move(400, 400);
    await page.mouse.wheel(0, -500);
    await page.getByRole("button", { name: "Follow" }).waitFor();
    await page.mouse.wheel(0, 5_000);
    await page.getByText("Live", { exact: true }).waitFor();
    print(3);
    await seeLast(page, 503);
  });

  test("read far from its end transfers no live lines, and reads on up to it", async () => {
    const { mock, page, print } = await watch([{ lines: 50_000 }], `x=${X}&top=1`);
    await poll("no lines wanted", () => {
      const last = mock.live.received.at(-1);
      return last?.t === "subscribe" && !last.lines;
    });
    print(10);
    await page.keyboard.press("End");
    await seeLast(page, 50_010);
    print(5);
    await seeLast(page, 50_015);
  });

  test("that ends says how", async () => {
    const { mock, page, executions, print } = await watch([{ lines: 10 }]);
    await seeLast(page, 10);
    print(1);
    executions[0]?.end({ state: "failed", signal: "SIGSEGV" });
    for (const execution of executions) mock.live.changed(execution);
    await page.locator(".facts").getByText("SIGSEGV").waitFor();
    await page.getByText("Live", { exact: true }).waitFor({ state: "detached" });
  });
});

describe("lines that did not come", () => {
  test("are fetched when this viewer was slow", async () => {
    const { mock, page, executions, print } = await watch([{ lines: 10 }]);
    const [execution] = executions;
    if (execution === undefined) throw new Error("no execution");
    await seeLast(page, 10);
    execution.print(5);
    mock.live.lost(execution, [11, 15]);
    print(5);
    await poll("no hole", async () => {
      const rows = await rowsInView(page);
      return rows.length === 20 && rows.every((row, index) => row.n === index + 1 && !row.isHole);
    });
  });

  test("are shown as on their way, and filled in when they come late", async () => {
    const { mock, page, executions, print } = await watch([{ lines: 10 }]);
    const [execution] = executions;
    if (execution === undefined) throw new Error("no execution");
    await seeLast(page, 10);
    const hole = execution.lose(5);
    print(5);
    mock.live.changed(execution);
    await page.getByText("Lines 11–15 are on the way").waitFor();
    execution.deliver(hole);
    mock.live.publish(execution, hole);
    mock.live.changed(execution);
    await poll("filled", async () => (await rowsInView(page)).filter((row) => !row.isHole).length === 20);
  });

  test("from a broken connection's time come when it returns: none twice, none missing", async () => {
    const { mock, page, executions } = await watch([{ lines: 10 }]);
    const [execution] = executions;
    if (execution === undefined) throw new Error("no execution");
    await seeLast(page, 10);
    mock.live.cut();
    execution.print(10);
    await poll("no hole, no double", async () => {
      const rows = await rowsInView(page);
      return rows.length === 20 && rows.every((row, index) => row.n === index + 1);
    });
  });

  test("are quietly announced while the collector is away", async () => {
    const { mock, page } = await watch([{ lines: 10 }]);
    await seeLast(page, 10);
    mock.refuseSockets = true;
    await page.route("**/api/me", (route) => route.abort());
    mock.live.cut();
    await page.getByText("Connection lost.").waitFor();
    await page.getByRole("button", { name: "Retry now" }).click();
    mock.refuseSockets = false;
    await page.getByText("Connection lost.").waitFor({ state: "detached" });
  });

  test("come after a proxy swallowed everything for two minutes, and the page says so meanwhile", async () => {
    let proxy: FaultProxy | undefined;
    const { page, print } = await watch([{ lines: 10 }], `x=${X}`, async ({ url }, { clock }) => {
      await clock.install();
      proxy = await FaultProxy.start(Number(new URL(url).port));
      return `http://127.0.0.1:${proxy.port}`;
    });
    await seeLast(page, 10);
    proxy?.drop();
    print(5);
    await page.clock.fastForward(18_000);
    expect(await page.getByText("Not live for").count()).toBe(0);
    await page.clock.fastForward(8_000);
    await page.getByText(/^Not live for (2[5-9]|3\d) s/).waitFor();
    expect(await page.getByText("Live", { exact: true }).count()).toBe(0);
    await page.clock.fastForward(94_000);
    await page.getByText(/^Not live for 2 m \d s/).waitFor();
    proxy?.pass();
    proxy?.reset();
    await page.clock.fastForward(15_000);
    await seeLast(page, 15);
    await page.getByText("Not live for").waitFor({ state: "detached" });
  });

  test("are not called lost when the collector accepts no further connection", async () => {
    const { mock, page } = await watch([{ lines: 10 }]);
    await seeLast(page, 10);
    mock.refuseSockets = true;
    mock.live.cut();
    await page.getByText("Too many of your tabs may be open.").waitFor();
    mock.refuseSockets = false;
    await page.getByText("Not live:").waitFor({ state: "detached" });
  });

  test("come once an unable collector can serve them, with a notice meanwhile", async () => {
    const { mock, page, executions } = await watch([{ lines: 10 }]);
    const [execution] = executions;
    if (execution === undefined) throw new Error("no execution");
    await seeLast(page, 10);
    mock.live.refusal = "unavailable";
    mock.live.cut();
    await page.getByText("Not live: the collector cannot read this at the moment.").waitFor();
    expect(await page.getByText("Live", { exact: true }).count()).toBe(0);
    execution.print(10);
    mock.live.refusal = undefined;
    await page.getByText("Not live:").waitFor({ state: "detached" });
    await seeLast(page, 20);
  });
});

describe("a job", () => {
  test("shows its executions' lines by time, with their nodes, live", async () => {
    const job = { job: "train", stepUs: 1_000_000 };
    const { mock, page, executions } = await watch(
      [
        { ...job, lines: 5 },
        { ...job, lines: 5 },
      ],
      "job=train",
    );
    await poll("all lines", async () => (await rowsInView(page)).length === 10);
    const labels = await page.locator(".node-label").allInnerTexts();
    expect(labels).toEqual(Array.from({ length: 5 }, () => ["n0", "n1"]).flat());
    for (const execution of executions) {
      execution.print(1);
      mock.live.publish(execution, [6, 6]);
    }
    await poll("new lines", async () => (await rowsInView(page)).length === 12);
    await page.getByLabel("Node").selectOption("n1");
    await poll("one node", async () => (await rowsInView(page)).length === 6);
    expect(new URL(page.url()).search).toBe("?job=train&node=n1");
  });

  test("takes in executions that begin later", async () => {
    const { mock, page } = await watch([{ job: "train", lines: 3 }], "job=train");
    await seeLast(page, 3);
    const startedAtMs = Date.now();
    const later = new MockExecution({
      x: `${X.slice(0, -1)}7`,
      node: "late",
      argv: ["./b"],
      job: "train",
      startedAtMs,
    });
    mock.executions.push(later);
    mock.live.changed(later);
    later.print(2);
    mock.live.publish(later, [1, 2]);
    await poll("its lines", async () => (await page.locator(".node-label", { hasText: "late" }).count()) === 2);
  });

  test("reads back to its beginning, and reloads in place", async () => {
    const job = { job: "train", lines: 3_000, stepUs: 10_000 };
    const { page } = await watch([job, job], "job=train");
    await page.mouse.move(400, 400);
    await poll("far up", async () => {
      await page.mouse.wheel(0, -3_000);
      return ((await rowsInView(page))[0]?.n ?? 3_000) < 2_000;
    });
    const before = await topAtRest(page);
    await page.reload();
    await poll("the same rows", async () => (await rowsInView(page))[0]?.n === before.n);
    await page.keyboard.press("g");
    await poll("its beginning", async () => (await rowsInView(page))[0]?.n === 1);
  });
});
