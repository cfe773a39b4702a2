import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Locator, Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { axeFindings } from "../support/axe.ts";
import { walkFocus } from "../support/focus-walk.ts";
import { DEMO_PATIENCE_MS, poll } from "../support/poll.ts";
import { type RunningProcess, run as runToEnd, start } from "../support/processes.ts";
import { program } from "../support/programs.ts";
import { openPage, startBrowser } from "../support/viewer.ts";
import { DEMO_PAGES } from "../support/viewer-pages.ts";

const DEMO = fileURLToPath(new URL("../../dist/src/bin/demo.js", import.meta.url));

let demo: RunningProcess;
let page: Page;
let dialog: Locator;
let problems: string[];
let folder: string;

beforeAll(async () => {
  demo = start(process.execPath, [DEMO]);
  const browser = await startBrowser();
  ({ page, problems } = await openPage(browser));
  const [, address = ""] = await demo.waitFor(/Open (\S+)/, DEMO_PATIENCE_MS);
  [, folder = ""] = await demo.waitFor(/Files: (\S+)\/data\/logs/);
  dialog = page.getByRole("dialog");
  await page.goto(address);
  await page.getByRole("button", { name: "Run", exact: true }).click();
});

async function run(nodes: string, command: string, job: string): Promise<void> {
  await dialog.getByRole("textbox", { name: "Nodes" }).fill(nodes);
  await dialog.getByRole("textbox", { name: "Command" }).fill(command);
  await dialog.getByRole("textbox", { name: "Job" }).fill(job);
  await dialog.getByRole("button", { name: /^Run on \d/ }).click();
}

async function shows(what: Locator, count: number): Promise<void> {
  await poll(`${count} of ${what}`, async () => (await what.count()) === count);
}

test("a command runs on the demo's nodes, chosen by name, glob or tick; each node's state shows live", async () => {
  await dialog.getByRole("checkbox", { name: /node4/ }).waitFor();
  await run("node[1-3]", "echo hello from $(id -un); exit 2", "greet");
  const card = dialog.getByRole("article", { name: "Run of greet" });
  await shows(card.getByText("failed, exit code 2"), 3);
  await dialog.getByRole("textbox", { name: "Nodes" }).fill("x*");
  await dialog.getByText("No node of the fleet is called x*").waitFor();
  expect(await dialog.getByRole("button", { name: "Run", exact: true }).isDisabled()).toBe(true);
  await dialog.getByRole("textbox", { name: "Nodes" }).fill("*");
  await dialog.getByRole("button", { name: "Run on 4" }).waitFor();
  await dialog.getByRole("checkbox", { name: /node4/ }).uncheck();
  await dialog.getByRole("button", { name: "Run on 3" }).waitFor();
  await card.getByRole("button", { name: "Again on the 3 that failed" }).click();
  await shows(dialog.getByRole("article", { name: "Run of greet" }), 2);
});

test("files that are chosen go to the ticked nodes before the command begins", async () => {
  const bytes = Buffer.alloc(2_500_000, "x");
  await dialog.locator("input[type=file]").setInputFiles([
    { name: "tool.sh", mimeType: "text/plain", buffer: Buffer.from("wc -c < data\n") },
    { name: "data", mimeType: "application/octet-stream", buffer: bytes },
  ]);
  await dialog.getByRole("textbox", { name: "Folder" }).fill(`${folder}/sent`);
  await run("node1", "sh ./tool.sh", "with-files");
  await dialog.getByRole("article", { name: "Run of with-files" }).getByText("finished").waitFor();
  expect(statSync(`${folder}/sent/data`).size).toBe(bytes.length);
  expect(await dialog.getByRole("progressbar", { name: "data" }).getAttribute("value")).toBe(String(bytes.length));
  // The same files are in place on the other nodes as well: those of the demo have one disk. Others are not replaced.
  await run("*", "sh ./tool.sh", "on-all");
  await shows(dialog.getByRole("article", { name: "Run of on-all" }).getByText("finished"), 4);
  const other = { name: "tool.sh", mimeType: "text/plain", buffer: Buffer.from("true\n") };
  await dialog.locator("input[type=file]").setInputFiles([other]);
  await dialog.getByRole("textbox", { name: "Nodes" }).fill("node1");
  await dialog.getByRole("button", { name: "Dry run" }).click();
  const answers = dialog.getByRole("region", { name: "Would the nodes?" });
  await answers.getByText(/Something else is there already/).waitFor();
  await run("node1", "true", "other-file");
  await dialog
    .getByRole("article", { name: "Run of other-file" })
    .getByText(/Something else is there already/)
    .waitFor();
  await dialog.getByRole("button", { name: "Leave out data" }).click();
  await dialog.getByRole("button", { name: "Leave out tool.sh" }).click();
  await dialog.getByRole("textbox", { name: "Folder" }).fill("");
  await dialog.getByRole("textbox", { name: "Nodes" }).fill("cpus>=1 && node=node[1-2]");
  await dialog.getByRole("button", { name: "Run on 2" }).waitFor();
});

test("stop ends it everywhere, and says who asked; its lines are in the viewer", async () => {
  await run("node1,node2", "echo begun; sleep 1000", "sleeper");
  const card = dialog.getByRole("article", { name: "Run of sleeper" });
  await shows(card.getByText("running"), 2);
  await card.getByRole("button", { name: "Stop" }).click();
  await shows(card.getByText(/SIGTERM, stopped by/), 2);
  await card.getByRole("link", { name: "sleeper" }).click();
  await page.getByText("begun", { exact: true }).first().waitFor();
  expect(problems).toEqual([]);
});

test("a dry run asks; in batches it pauses after a failure, and goes on with `mlctl continue`", async () => {
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await dialog.getByRole("textbox", { name: "Nodes" }).fill("node[1-2]");
  await dialog.getByRole("textbox", { name: "Command" }).fill("exit 5");
  await dialog.getByRole("textbox", { name: "Job" }).fill("canary");
  await dialog.getByRole("button", { name: "Dry run" }).click();
  await shows(dialog.getByRole("region", { name: "Would the nodes?" }).getByText("would start it"), 2);
  await dialog.getByRole("spinbutton", { name: "At a time" }).fill("1");
  await dialog.getByRole("button", { name: "Run on 2" }).click();
  const card = dialog.getByRole("article", { name: "Run of canary" });
  await shows(card.getByText("held: a node before it has failed"), 1);
  await card.getByRole("button", { name: "Continue" }).click();
  await shows(card.getByText("failed, exit code 5"), 2);
  await dialog.getByRole("spinbutton", { name: "At a time" }).fill("");
  await dialog.getByRole("button", { name: "Close" }).click();
});

test("the Nodes page shows relays and agents, each second while it is open", async () => {
  await page.getByRole("link", { name: "marcologger" }).click();
  await page.getByRole("link", { name: "Nodes", exact: true }).click();
  const row = (node: string): Locator => page.locator(`tr[data-node="${node}"]`);
  await shows(page.locator(".node-row .node-up:text-is('up')"), 4);
  const clock = row("node2").locator(".node-clock");
  const times = new Set<string>();
  await poll("four of the node's seconds", async () => times.add(await clock.innerText()).size > 4);
  expect([...times].slice(1).every((time) => /^\d\d:\d\d:\d\d$/.test(time))).toBe(true);
  // What a user of a node reports stands below, whatever they wrote.
  const events = join(folder, "node2-agent/events");
  const [command, ...words] = program(
    "mlctl",
    "event",
    "--folder",
    events,
    "-s",
    "warning",
    "disk",
    "<b>\u001b[31mfull",
  );
  expect(await runToEnd(command, words)).toMatchObject({ code: 0, stderr: "" });
  const event = page.locator(".node-events .warning", { hasText: "node2" });
  await event.getByText(/disk: <b>.{1,2}\[31mfull$/).waitFor();
  await row("node1").getByRole("button").focus();
  await page.keyboard.press("Enter");
  await page.getByText("Kernel", { exact: true }).waitFor();
  await page.getByRole("searchbox", { name: "Show only these nodes" }).fill("node[3-4]");
  await shows(page.locator(".node-row"), 2);
  expect(new URL(page.url()).searchParams.get("node")).toBe("node[3-4]");
  expect(problems).toEqual([]);
});

test("the Account page shows sessions and usage; a token made there works until it is revoked", async () => {
  await page.locator("a.who").click();
  await page.getByText("This browser", { exact: true }).waitFor();
  await page.getByRole("row", { name: /^greet/ }).waitFor();
  await page.getByRole("textbox", { name: "Name" }).fill("report");
  await page.getByRole("checkbox", { name: "search" }).check();
  await page.getByRole("button", { name: "Make a token" }).click();
  const token = await page.locator(".new-token code").innerText();
  const ask = async (path: string): Promise<number> =>
    (await fetch(new URL(path, page.url()), { headers: { authorization: `Bearer ${token}` } })).status;
  expect(await ask("/api/runs")).toBe(200);
  // No token may look at sessions.
  expect(await ask("/api/sessions")).toBe(403);
  await page.reload();
  await page.getByText(/read lists and lines, search; until/).waitFor();
  expect(await page.getByText(token).count()).toBe(0);
  await page.getByRole("button", { name: "Revoke report" }).click();
  await page.getByText("There is none.").waitFor();
  expect(await ask("/api/runs")).toBe(401);
  expect(problems).toEqual([]);
});

test("a node that refuses stands beside the executions of its run, with the reason", async () => {
  writeFileSync(join(folder, "node4-agent", "web-trust"), "");
  await page.goto(new URL("/", page.url()).href);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await run("node[3-4]", "echo only here", "half");
  const card = dialog.getByRole("article", { name: "Run of half" });
  await shows(card.getByText("finished"), 1);
  await card.getByRole("link", { name: "half" }).click();
  const others = page.getByRole("list", { name: "Nodes without an execution" });
  await others.getByText(/No trust file of this node has the key/).waitFor();
  expect(await others.getByRole("listitem").count()).toBe(1);
  expect(await others.innerText()).toMatch(/^node4/);
  expect(problems).toEqual([]);
});

test("a run is kept, shared and deleted from its page, and only on purpose", async () => {
  await page.goto(new URL("/?job=greet", page.url()).href);
  const actions = page.getByRole("dialog", { name: /the run .* of the job greet/i });
  const press = (name: string): Promise<void> => actions.getByRole("button", { name }).click();
  const open = async (): Promise<void> => {
    await page.getByRole("button", { name: "Actions" }).focus();
    await page.keyboard.press("Enter");
  };
  await open();
  await press("Keep it");
  await actions.getByText(/It is kept by/).waitFor();
  const zip = await actions.getByRole("link", { name: /, zip$/ }).getAttribute("href");
  const head = await page.evaluate(async (href) => (await (await fetch(href)).text()).slice(0, 2), zip ?? "");
  expect(head).toBe("PK");
  await press("Delete…");
  await actions.getByText("All of it is kept: release it first").waitFor();
  await press("Release it");
  await actions.getByRole("button", { name: "Keep it" }).waitFor();

  await actions.getByRole("textbox", { name: "Name" }).fill("nobody");
  await actions.getByLabel("Until").fill("2099-01-31");
  await press("Share");
  await actions
    .getByText(/user nobody, until 31 Jan 2099/)
    .first()
    .waitFor();
  await press("Take back");
  await shows(actions.getByText(/user nobody/), 0);

  await press("Delete…");
  await actions.getByText(/^Delete 3 executions \(.*\) of the run .* of the job greet\?/).waitFor();
  // A second Enter must not be a confirmation.
  await page.keyboard.press("Enter");
  await press("Delete…");
  await press("Delete for good");
  await page.getByRole("region", { name: "Job greet" }).waitFor();
  await shows(page.getByRole("region", { name: "Job greet" }), 1);
  expect(problems).toEqual([]);
});

test("notifies of a match and of a failure, also on another page of the tab", async () => {
  await page.addInitScript(() => {
    const told: string[] = [];
    class Told extends EventTarget {
      static requestPermission = async () => "granted";
      readonly #shown: string;
      constructor(title: string, { body }: { body: string }) {
        super();
        // As Chrome for Android.
        if ("isUnable" in window) throw new TypeError("Illegal constructor");
        this.#shown = `${title}: ${body}`;
        told.push(this.#shown);
      }
      close(): void {
        told.splice(told.indexOf(this.#shown), 1);
      }
    }
    Object.assign(window, { Notification: Told, told });
  });
  const go = join(folder, "go");
  await page.goto(new URL("/", page.url()).href);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await run("node2", `until [ -e ${go} ]; do sleep 0.1; done; echo a Needle there; exit 3`, "bell");
  const card = dialog.getByRole("article", { name: "Run of bell" });
  await shows(card.getByText("running"), 1);
  await card.getByRole("link", { name: "bell" }).click();
  await page.getByRole("button", { name: "Actions" }).click();
  const actions = page.getByRole("dialog", { name: /of the job bell/i });
  await actions.getByLabel("or a line has").fill("needle");
  await page.evaluate(() => Object.assign(window, { isUnable: true }));
  await actions.getByRole("button", { name: "Tell me" }).click();
  await actions.getByText(/This browser shows no notifications of an open page/).waitFor();
  await page.evaluate(() => Reflect.deleteProperty(window, "isUnable"));
  await actions.getByRole("button", { name: "Tell me" }).click();
  await actions.getByText(/You hear when it has ended, or one fails, or a line has "needle"/).waitFor();
  await actions.getByRole("button", { name: "Close" }).click();
  await page.getByRole("link", { name: "Nodes", exact: true }).click();
  await page.locator(".node-row").first().waitFor();
  writeFileSync(go, "");
  const told = () => page.evaluate(() => [...(window as unknown as { told: string[] }).told]);
  await poll("three of them", async () => (await told()).length === 3);
  expect(await told()).toEqual([
    expect.stringMatching(/ node2 - bell: a Needle there$/),
    "✕ node2 - bell: Failed, exit 3",
    "✕ node2 - bell: It has ended",
  ]);
  expect(problems).toEqual([]);
});

test("more commands run than a browser opens connections, and the page goes on", async () => {
  const go = join(folder, "go-all");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  const jobs = Array.from({ length: 8 }, (_, at) => `many-${at}`);
  for (const job of jobs) {
    await run("node1", `until [ -e ${go} ]; do sleep 0.1; done`, job);
    await shows(dialog.getByRole("article", { name: `Run of ${job}` }).getByText("running"), 1);
  }
  writeFileSync(go, "");
  for (const job of jobs) await shows(dialog.getByRole("article", { name: `Run of ${job}` }).getByText("finished"), 1);
  await dialog.getByRole("button", { name: "Close" }).click();
});

test("a page without the login's ticket cannot sign", async () => {
  await page.evaluate(() => sessionStorage.clear());
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await run("node1", "true", "unsigned");
  await dialog.getByText("sign out and in again, or use mlctl run").waitFor();
});

test("the focus is seen wherever Tab takes it, on every page and in the dialogues", async () => {
  const press = async (name: string): Promise<void> => {
    await page.getByRole("button", { name, exact: true }).focus();
    await page.keyboard.press("Enter");
  };
  for (const width of [390, 1_280]) {
    await page.setViewportSize({ width, height: 800 });
    for (const [name, address, shown] of [["list", "/", ".job-counts"], ...DEMO_PAGES] as const) {
      await page.goto(new URL(address, page.url()).href);
      await page.locator(shown).first().waitFor();
      await walkFocus(page, `${name}, ${width}`);
    }
  }
  await press("Actions");
  await dialog.getByRole("button", { name: "Share" }).waitFor();
  await walkFocus(page, "actions");
  await dialog.getByRole("button", { name: "Close" }).press("Enter");
  await press("Run");
  await dialog.getByRole("checkbox", { name: /node4/ }).waitFor();
  await walkFocus(page, "run");
});

test("axe-core finds nothing on any page or dialogue, light, dark and on a phone", async () => {
  const at = async (address: string, shown: string): Promise<void> => {
    await page.goto(new URL(address, page.url()).href);
    await page.locator(shown).first().waitFor();
  };
  const found: Record<string, string[]> = {};
  const look = async (name: string): Promise<void> => {
    found[name] = await axeFindings(page);
  };
  await at("/", ".job-counts");
  await look("list");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await dialog.getByRole("checkbox", { name: /node4/ }).waitFor();
  await look("run");
  const x = await page.evaluate(async () => (await (await fetch("api/executions?job=demo")).json()).executions[0].x);
  await at(`/?x=${x}`, ".row");
  await look("execution");
  for (const [name, address, shown] of DEMO_PAGES) {
    await at(address, shown);
    await look(name);
  }
  await page.getByRole("button", { name: "Actions" }).click();
  await dialog.getByRole("button", { name: "Share" }).waitFor();
  await dialog.getByRole("button", { name: "Tell me" }).waitFor();
  await look("actions, share, tell me");
  await dialog.getByRole("button", { name: "Close" }).click();
  await page.context().clearCookies();
  await at("/", "form");
  await look("login");
  expect(Object.entries(found).filter(([, each]) => each.length > 0)).toEqual([]);
});

test("the demo ends what still runs, and leaves nothing behind", async () => {
  await page.reload();
  expect(await demo.end("SIGINT")).toEqual({ code: 0, signal: null });
  expect(existsSync(folder)).toBe(false);
});
