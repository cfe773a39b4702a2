import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { poll } from "../support/poll.ts";
import type { RunningProcess } from "../support/processes.ts";
import { start } from "../support/processes.ts";
import { createTestUser, describeAsRoot } from "../support/root.ts";
import type { Relay } from "../support/site.ts";
import { MLRUN, Site } from "../support/site.ts";
import { openPage, rowsInView, startBrowser, topAtRest } from "../support/viewer.ts";

/** Prints its input line by line, those that begin with "err" on stderr, and ends with 3. */
const ECHO = 'while read -r line; do case "$line" in err*) echo "$line" >&2;; *) echo "$line";; esac; done; exit 3';

/** Longer than the viewer's longest pause between two attempts to connect, and those of relays. */
const PATIENCE_MS = 60_000;

let browser: Browser;
let site: Site;

beforeAll(async () => {
  browser = await startBrowser();
});

/** A command under mlrun whose output the test controls. */
function watchedRun(relay: Relay, job: string): RunningProcess & { print(...lines: string[]): void; finish(): void } {
  const env = { ...process.env, MLRUN_SPOOL_DIR: join(site.folder, `${relay.node}-spool`) };
  const words = ["--run-dir", relay.runDir, "--quiet", "--job", job, "--", "sh", "-c", ECHO];
  const running = start(MLRUN, words, { env });
  return {
    ...running,
    print: (...lines) => void running.stdin?.write(`${lines.join("\n")}\n`),
    finish: () => void running.stdin?.end(),
  };
}

async function signInByCode(): Promise<{ page: Page; problems: string[] }> {
  const opened = await openPage(browser);
  const codes = [...site.collector.output().matchAll(/#code=(\S+)/g)];
  await opened.page.goto(`${site.origin}/#code=${codes.at(-1)?.[1]}`);
  await opened.page.getByRole("button", { name: "Sign out" }).waitFor();
  expect(opened.page.url()).toBe(`${site.origin}/`);
  return opened;
}

async function seeTexts(page: Page, texts: readonly string[], withinMs?: number): Promise<void> {
  const isSeen = async () => {
    const seen = (await rowsInView(page)).map(({ text }) => text);
    return seen.length === texts.length && seen.every((text, index) => text === texts[index]);
  };
  await poll(`rows ${texts.join(", ").slice(0, 80)}`, isSeen, withinMs);
}

describe("the viewer on a collector, from the command's output on", () => {
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    site = await Site.create();
    // The collector prints one code at its start, for one page.
    ({ page, problems } = await signInByCode());
  });

  test("a running job can be watched, filtered, followed, and reloaded in place", async () => {
    const [first, second] = await Promise.all([site.startRelay("node1"), site.startRelay("node2")]);
    await page.getByText("mlrun -- your-command").waitFor();
    const runs = [watchedRun(first, "watched"), watchedRun(second, "watched")] as const;
    const refused: string[] = [];
    page.on("response", (response) => {
      if (response.status() >= 400) refused.push(response.url());
    });
    const job = page.getByRole("region", { name: "Job watched" });
    await job.getByText("2 running").waitFor();
    await job.getByRole("link", { name: "watched", exact: true }).click();
    runs[0].print("one");
    await seeTexts(page, ["one"]);
    runs[1].print("two");
    await seeTexts(page, ["one", "two"]);
    runs[0].print("err three");
    await seeTexts(page, ["one", "two", "err three"]);
    expect(await page.locator(".node-label").allInnerTexts()).toEqual(["node1", "node2", "node1"]);
    expect(await page.locator(".row .stream").allInnerTexts()).toEqual(["", "", "err"]);

    await page.getByRole("radio", { name: "stderr" }).check();
    await seeTexts(page, ["err three"]);
    await page.reload();
    await seeTexts(page, ["err three"]);
    await page.getByRole("radio", { name: "both" }).check();

    runs[1].print(...Array.from({ length: 2_000 }, (_, index) => `line ${index + 1}`));
    await poll("followed", async () => (await rowsInView(page)).at(-1)?.text === "line 2000");
    await page.mouse.move(400, 500);
    await page.mouse.wheel(0, -8_000);
    await page.getByRole("button", { name: "Follow" }).waitFor();
    runs[0].print("last");
    await page.getByRole("button", { name: "1 new line" }).waitFor();
    const top = await topAtRest(page);
    await page.reload();
    expect((await topAtRest(page)).text).toBe(top.text);
    await page.keyboard.press("End");
    await poll("at the end", async () => (await rowsInView(page)).at(-1)?.text === "last");

    for (const run of runs) run.finish();
    await page.locator(".facts").getByText("2 failed").waitFor();
    expect(await Promise.all(runs.map(({ ended }) => ended))).toMatchObject([{ code: 3 }, { code: 3 }]);
    expect(problems).toEqual([]);
    // Neither for a fleet that this collector has not, nor for an order that nobody gave.
    expect(refused).toEqual([]);
  });

  test("a colour shows wherever one jumps, until it is reset, and at the end of a live log", async () => {
    const relay = await site.startRelay("node3");
    const red = 'seq 9; printf "\\033[31m"; seq 10 40000; printf "\\033[0m"; seq 40001 50000; printf "\\033[32m"';
    const script = `${red}; seq 50001 52000; while read -r line; do echo "$line"; done`;
    const words = ["--run-dir", relay.runDir, "--quiet", "--job", "coloured", "--", "sh", "-c", script];
    const env = { ...process.env, MLRUN_SPOOL_DIR: join(site.folder, "coloured-spool") };
    const run = start(MLRUN, words, { env });
    await page.goto(`${site.origin}/?q=coloured`);
    await page.locator(".execution .command").click();
    await poll("all lines", async () => (await rowsInView(page)).at(-1)?.text === "52000");
    await poll("green at the end", async () => (await page.locator(".row .fg-2").last().innerText()) === "52000");
    run.stdin?.write("more\n");
    await poll("green when printed", async () => (await page.locator(".row .fg-2").last().innerText()) === "more");
    const address = page.url();
    for (const [line, colour] of [
      [30_000, ".fg-1"],
      [45_000, ":not(:has(span))"],
      [51_500, ".fg-2"],
    ] as const) {
      await page.goto(`${address}&top=${line}`);
      await page.reload();
      const text = colour.startsWith(".") ? `.row .text ${colour}` : `.row .text${colour}`;
      await page.locator(text, { hasText: new RegExp(`^${line}$`) }).waitFor();
    }
    run.stdin?.end();
    await run.ended;
  });

  test("loses and doubles no line when the collector is killed meanwhile", async () => {
    const relay = await site.startRelay("node5");
    const run = watchedRun(relay, "killed");
    run.print("before");
    await page.goto(`${site.origin}/?q=killed`);
    await page.locator(".execution .command").click();
    const texts = ["before"];
    await seeTexts(page, texts);
    for (let round = 1; round <= 3; round += 1) {
      await site.collector.end("SIGKILL");
      run.print(`during ${round}`);
      await site.startCollector();
      run.print(`after ${round}`);
      texts.push(`during ${round}`, `after ${round}`);
      await seeTexts(page, texts, PATIENCE_MS);
    }
    run.finish();
    await page.locator(".facts").getByText("exit 3").waitFor();
    await page.locator(".facts").getByText("complete").waitFor();
    await seeTexts(page, texts);
  }, 240_000);
});

describeAsRoot("the viewer with passwords", () => {
  test("shows each user only their own executions", async () => {
    // Its own collector: the other ended with the test that restarted it.
    site = await Site.create();
    const [alice, bob] = [await createTestUser("alice"), await createTestUser("bob")];
    const relay = await site.startRelay("node4");
    await site.mlrun(relay, ["--quiet", "--", "echo", "of alice"], { user: alice });
    const { page } = await openPage(browser);
    const signIn = async (user: string, password: string): Promise<void> => {
      await page.getByLabel("User").fill(user);
      await page.getByLabel("Password").fill(password);
      await page.getByRole("button", { name: "Sign in" }).click();
    };
    await page.goto(site.origin);
    await signIn(alice.name, "not the password");
    await page.getByText("User or password is wrong.").waitFor();
    await signIn(alice.name, alice.password);
    await page.getByRole("link", { name: "echo 'of alice'" }).click();
    await seeTexts(page, ["of alice"]);
    const address = page.url();
    await page.getByRole("button", { name: "Sign out" }).click();
    await signIn(bob.name, bob.password);
    await page.getByText("There is no such execution").waitFor();
    expect(page.url()).toBe(address);
    await page.getByRole("link", { name: "All executions" }).click();
    await page.getByText("mlrun -- your-command").waitFor();
  });
});
