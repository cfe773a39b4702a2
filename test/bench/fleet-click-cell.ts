import { join } from "node:path";
import type { Page } from "playwright-core";
import { DEMO_PATIENCE_MS } from "../support/poll.ts";
import { start } from "../support/processes.ts";
import { ROOT } from "../support/programs.ts";
import { openPage, startBrowser } from "../support/viewer.ts";
import type { Cell, Figures } from "./bench.ts";
import { quantile } from "./statistics.ts";

const CLICKS = 10;
/** One more, before they count: it loads the code of the job's page. */
const WARM_CLICKS = 1;

/** From a click on Run until the same tab shows the first line of the job, whose link is followed as soon as it is there. */
export function clickCell(): Cell {
  return {
    name: "a click on Run, one idle node",
    metrics: [
      { name: "click to first line, p50", unit: "ms", judge: "value", goal: { atMost: 300 } },
      { name: "click to first line, highest", unit: "ms", judge: "value" },
    ],
    ours: async () => clicked(),
  };
}

async function clicked(): Promise<Figures> {
  const demo = start(process.execPath, [join(ROOT, "dist/src/bin/demo.js")]);
  const { page } = await openPage(await startBrowser());
  const [, address = ""] = await demo.waitFor(/Open (\S+)/, DEMO_PATIENCE_MS);
  await page.goto(address);
  await page.getByRole("button", { name: "Run", exact: true }).waitFor();
  const list = page.url();
  const times: number[] = [];
  for (let i = 0; i < WARM_CLICKS + CLICKS; i += 1) {
    await page.goto(list);
    times.push(await clickToLine(page, `click-${i}`));
  }
  await demo.end("SIGINT");
  const counted = times.slice(WARM_CLICKS);
  return { "click to first line, p50": quantile(counted, 0.5), "click to first line, highest": quantile(counted, 1) };
}

/** Milliseconds by the page's clock. */
async function clickToLine(page: Page, job: string): Promise<number> {
  await page.getByRole("button", { name: "Run", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Nodes" }).fill("node1");
  await dialog.getByRole("textbox", { name: "Command" }).fill(`echo line-of-${job}`);
  await dialog.getByRole("textbox", { name: "Job" }).fill(job);
  const button = dialog.getByRole("button", { name: "Run on 1" });
  await button.waitFor();
  return button.evaluate(
    (run, name) =>
      new Promise<number>((resolve) => {
        let isOpened = false;
        const look = (): void => {
          const link = [...document.querySelectorAll("dialog article a")].find((each) => each.textContent === name);
          if (link instanceof HTMLElement && !isOpened) {
            isOpened = true;
            link.click();
          }
          const lines = [...document.querySelectorAll("[role=log]")].map((each) => each.textContent);
          if (!lines.some((text) => text?.includes(`line-of-${name}`))) return;
          seen.disconnect();
          // The frame that shows it.
          requestAnimationFrame(() => resolve(performance.now() - startedAt));
        };
        const seen = new MutationObserver(look);
        seen.observe(document, { subtree: true, childList: true, characterData: true });
        const startedAt = performance.now();
        (run as HTMLElement).click();
      }),
    job,
  );
}
