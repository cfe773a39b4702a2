import type { Page } from "playwright-core";
import type { Picture } from "./picture.ts";

const COMMAND = "for i in 1 2 3 4 5 6 7 8 9; do echo step $i of 9 on $(hostname); sleep 2; done";
const WARM_UP = "warm-up";

/** Of the demo's job, which has ended, and of what the Run dialogue starts. */
export const DEMO_PICTURES: readonly Picture[] = [
  { name: "screenshot", at: "/?job=demo", size: [1_280, 720], shown: ".cell" },
  { name: "find", at: "/?job=demo&find=words", size: [1_280, 720], shown: ".row mark" },
  {
    name: "filter",
    at: "/?job=demo&q=words+-ok+node:node[1-3]",
    size: [1_280, 700],
    isDark: true,
    shown: ".row mark",
  },
  { name: "side", at: "/?job=demo&side=text", size: [1_280, 720], shown: ".row.side" },
  { name: "fold", at: "/?job=demo&fold=1", size: [1_280, 720], shown: ".row" },
  { name: "actions", at: "/?job=demo", size: [1_280, 800], shown: ".cell", act: wantDeletion },
  { name: "nodes", at: "/?page=nodes", size: [1_280, 640], shown: ".node-row", act: openFirstNode },
  { name: "run", at: "/", size: [1_100, 820], shown: ".job-counts", act: runOnAll },
  { name: "run-job", at: `/?job=${WARM_UP}`, size: [1_280, 560], shown: ".row" },
];

async function wantDeletion(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Actions" }).click();
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.getByRole("alertdialog").waitFor();
}

async function openFirstNode(page: Page): Promise<void> {
  await page.getByRole("button", { name: "node1" }).click();
}

async function runOnAll(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Run", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("checkbox", { name: /node4/ }).waitFor();
  await dialog.getByLabel("Nodes").first().fill("node[1-4]");
  await dialog.getByLabel("Command", { exact: true }).fill(COMMAND);
  await dialog.getByLabel("Job", { exact: true }).fill(WARM_UP);
  await dialog.getByRole("button", { name: "Run on 4" }).click();
  await dialog.locator(".run-state.running").nth(3).waitFor();
}
