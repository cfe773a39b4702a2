import { setTimeout as pause } from "node:timers/promises";
import { openPage, startBrowser } from "../support/viewer.ts";
import type { Cell, Figures } from "./bench.ts";
import { NODES, startCrowd } from "./crowd-site.ts";
import { threadCpuSeconds } from "./process-figures.ts";
import { tabSeconds } from "./tab-process.ts";

const WARM_MS = 4_000;
const MEASURED_MS = 10_000;
const PERCENT = 100;

/** The Nodes page, while every node reports each second. */
export function watchCell({
  prepare,
  pki,
}: {
  readonly prepare: () => Promise<void>;
  readonly pki: () => string;
}): Cell {
  return {
    name: `${NODES} nodes watched`,
    metrics: [
      { name: "CPU of the tab", unit: "% of a core", judge: "value", goal: { atMost: 30 } },
      { name: "collector's CPU", unit: "% of a core", judge: "value", goal: { atMost: 30 } },
    ],
    prepare,
    ours: () => watched(pki()),
  };
}

async function watched(pki: string): Promise<Figures> {
  const { collector } = await startCrowd(pki);
  const { api, process: served } = collector;
  const browser = await startBrowser();
  const { page } = await openPage(browser);
  const [name = "", value = ""] = api.cookie.split("=");
  await page.context().addCookies([{ name, value, url: api.origin }]);
  await page.goto(api.origin);
  await page.getByRole("link", { name: "Nodes", exact: true }).click();
  await page.locator(".node-row").first().waitFor();
  await pause(WARM_MS);
  const session = await browser.newBrowserCDPSession();
  const timeOf = () => page.locator(".node-clock").first().textContent();
  const [firstTime, fromTab] = [await timeOf(), await tabSeconds(session)];
  const [fromMs, fromCollector] = [performance.now(), threadCpuSeconds(served.pid)];
  await pause(MEASURED_MS);
  const seconds = (performance.now() - fromMs) / 1_000;
  const [tab, ours] = [(await tabSeconds(session)) - fromTab, threadCpuSeconds(served.pid) - fromCollector];
  if ((await timeOf()) === firstTime) throw new Error("The page does not follow the nodes");
  return { "CPU of the tab": (tab / seconds) * PERCENT, "collector's CPU": (ours / seconds) * PERCENT };
}
