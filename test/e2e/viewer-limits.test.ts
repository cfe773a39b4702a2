import { writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import type { ExecutionPage } from "../../src/wire/api.ts";
import { poll } from "../support/poll.ts";
import { Site } from "../support/site.ts";
import { openPage, startBrowser } from "../support/viewer.ts";

let browser: Awaited<ReturnType<typeof startBrowser>>;
beforeAll(async () => {
  browser = await startBrowser();
});

test("a user who floods sees the hole live, with its reason, and the command is undisturbed", async () => {
  const site = await Site.create({
    settings: "[limits]\nlines-per-second-per-user = 2\nexecutions-per-minute-per-user = 1\n",
  });
  const relay = await site.startRelay("node1");
  const api = await site.api();
  // Ten seconds' worth is allowed at once, and the rest of the chunk that it ends in: hundreds of lines, so that the user
  // is over the limit for longer than this test takes.
  const script = "seq 5000; read -r go < $FIFO; seq 5000; echo last";
  const fifo = `${site.folder}/fifo`;
  const env = { FIFO: fifo };
  const run = site.mlrun(relay, ["--quiet", "--", "sh", "-c", `mkfifo "$FIFO"; ${script}`], { env });
  const { x, lines: stored } = await api.untilExecution("running", ({ lastN }) => lastN === 5_000);

  const { page, problems } = await openPage(browser);
  await page.context().addCookies([{ name: nameOf(api.cookie), value: textOf(api.cookie), url: site.origin }]);
  const asked: string[] = [];
  page.on("request", (request) => void (request.url().includes("/lines") && asked.push(request.url())));
  await page.goto(`${site.origin}/?x=${x}`);
  await page.locator(`.row[data-n='${stored}']`).waitFor();
  writeFileSync(fifo, "go\n");
  expect((await run).code).toBe(0);

  const [from, lost] = [(stored + 1).toLocaleString("en"), (10_001 - stored).toLocaleString("en")];
  await page.getByText(`Lines ${from}–10,001: ${lost} lines not stored: your limit of 2 lines a second`).waitFor();
  const done = await api.untilExecution("incomplete", ({ delivery }) => delivery === "incomplete");
  expect(done).toMatchObject({
    state: "finished",
    lines: stored,
    lastN: 10_001,
    missing: [[stored + 1, 10_001]],
    discarded: [{ from: stored + 1, to: 10_001, reason: "lines-per-second", limit: 2 }],
  });
  expect(await site.metrics()).toContain(`discarded_lines_total{reason="rate"} ${10_001 - stored}`);
  await poll("the badge", async () => (await page.locator(".delivery-incomplete").count()) > 0);
  // Discarded lines are not requested again and again.
  expect(asked.length).toBeLessThan(10);

  for (let i = 0; i < 2; i += 1) expect((await site.mlrun(relay, ["--", "echo", "more"])).code).toBe(0);
  await poll("both to be refused", async () => {
    return (await api.json<ExecutionPage>("/api/executions")).refused?.executions === 2;
  });
  await page.goto(site.origin);
  await page.getByText("2 of your executions were not stored: your limit of 1 executions a minute").waitFor();
  expect(problems).toEqual([]);
});

const nameOf = (cookie: string) => cookie.slice(0, cookie.indexOf("="));
const textOf = (cookie: string) => cookie.slice(cookie.indexOf("=") + 1);
