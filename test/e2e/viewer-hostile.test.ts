import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { poll } from "../support/poll.ts";
import { Site } from "../support/site.ts";
import { openPage, rowsInView, startBrowser } from "../support/viewer.ts";

const SCRIPT = `<img src=x onerror="window.owned=1"><script>window.owned=1</script>"'><svg onload="window.owned=1">`;
const BIDI = "\u202egnp.exe\u2066\u200f";
const ANSI = "\u001b]8;;javascript:window.owned=1\u0007link\u001b]8;;\u0007\u001b[2J\u009b31m";
const HOSTILE = `${SCRIPT}${BIDI}${ANSI}`;

/** None of it ran, became an element, or moved anything around it. */
async function seeInert(page: Page): Promise<void> {
  const seen = await page.evaluate(() => ({
    owned: "owned" in window,
    strangers: document.querySelectorAll("main img, main script, main iframe, main [onload], main [onerror]").length,
    addresses: [...document.querySelectorAll("a")].map(({ href }) => new URL(href).protocol),
    texts: [
      document.body.innerText,
      document.title,
      ...[...document.querySelectorAll("*")].flatMap((element) =>
        ["title", "aria-label"].map((name) => element.getAttribute(name) ?? ""),
      ),
    ],
  }));
  expect([seen.owned, seen.strangers]).toEqual([false, 0]);
  expect(new Set(seen.addresses)).toEqual(new Set(["http:"]));
  expect(seen.texts.join("").replace(/[\t\n]/g, "")).not.toMatch(
    /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u,
  );
}

test("shows hostile command names, jobs, labels and output as plain text", async () => {
  const site = await Site.create();
  const relay = await site.startRelay("node1");
  const env = { ...process.env, TEXT: HOSTILE, MLRUN_SPOOL_DIR: join(site.folder, "spool") };
  const job = `job ${HOSTILE}`.slice(0, 120);
  const options = ["--quiet", "--job", job, "--label", `a${BIDI}<b>=${HOSTILE}`];
  await site.mlrun(relay, [...options, "--", "sh", "-c", 'echo "$TEXT"', `<b>${HOSTILE}`], { env });
  const { page, problems } = await openPage(await startBrowser());
  page.on("dialog", (dialog) => problems.push(dialog.message()));
  const code = [...site.collector.output().matchAll(/#code=(\S+)/g)].at(-1)?.[1];
  await page.goto(`${site.origin}/#code=${code}`);

  await page.locator(".job-heading button").click();
  expect(await page.locator(".execution .command").innerText()).toContain("<script>window.owned=1</script>");
  expect(await page.locator(".job-heading").innerText()).toContain("<img src=x onerror=");
  await seeInert(page);

  await page.locator(".execution .command").click();
  await page.getByTitle("Show details").click();
  await poll("the line is there", async () => (await rowsInView(page))[0]?.text.includes("<svg onload"));
  const details = await page.locator(".details").innerText();
  for (const part of ["<b>", "\\u202E", "^[]8;;javascript:"]) expect(details).toContain(part);
  expect((await rowsInView(page))[0]?.text).toContain("\\u202Egnp.exe\\u2066\\u200F");
  await seeInert(page);

  await page.locator(".crumbs a").last().click();
  await page.locator(".node-label, .row").first().waitFor();
  await poll("the title", async () => (await page.title()).includes("<img src=x"));
  await seeInert(page);
  await page.getByLabel("Beside the lines").selectOption({ index: 1 });
  await page.locator(".node-label", { hasText: "<svg" }).first().waitFor();
  await seeInert(page);
  await page.getByLabel("Fold").click();
  await page.locator(".node-label, .fold-names, .row").first().waitFor();
  await seeInert(page);
  expect(problems).toEqual([]);
});
