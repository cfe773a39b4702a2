import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import type { ApiClient } from "../support/api-client.ts";
import { afterwards } from "../support/cleanup.ts";
import { poll } from "../support/poll.ts";
import { run } from "../support/processes.ts";
import { Site } from "../support/site.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { openPage, startBrowser } from "../support/viewer.ts";

const JOB = "made";
/** Colours, bytes that are not UTF-8, stderr, and an end without a line feed. */
const SCRIPT = String.raw`printf 'rank %s begins\n\033[31mred\033[0m \377\n' $RANK; echo "rank $RANK warns" >&2; printf 'the end'`;

let site: Site;
let api: ApiClient;
let page: Page;
let folder: string;

/** What a click on a link saves: the suggested name, and the bytes. */
interface Saved {
  readonly name: string;
  readonly bytes: Buffer;
  readonly path: string;
}

beforeAll(async () => {
  site = await Site.create();
  folder = await tempFolder();
  for (const [rank, relay] of (await site.startTwoRelays()).entries()) {
    const args = ["--job", JOB, "--run", "7", "--label", `rank=${rank}`, "--", "sh", "-c", SCRIPT];
    expect(await site.mlrun(relay, args, { env: { RANK: `${rank}` } })).toMatchObject({ code: 0 });
  }
  api = await site.api();
  await poll("both executions", async () => {
    const executions = await api.executions(`job=${JOB}`);
    return executions.length === 2 && executions.every(({ delivery }) => delivery === "complete");
  });
  const { page: opened, problems } = await openPage(await startBrowser());
  page = opened;
  afterwards(() => expect(problems).toEqual([]));
  const [name = "", value = ""] = api.cookie.split(/=(.*)/s);
  await page.context().addCookies([{ name, value, url: site.origin }]);
});

async function save(link: string): Promise<Saved> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: link, exact: true }).click(),
  ]);
  const path = join(mkdtempSync(join(folder, "saved-")), "file");
  await download.saveAs(path);
  return { name: download.suggestedFilename(), bytes: readFileSync(path), path };
}

const printedBy = (rank: number): Buffer =>
  Buffer.concat([
    Buffer.from(`rank ${rank} begins\n\u001b[31mred\u001b[0m `),
    Buffer.from([0xff]),
    Buffer.from(`\nrank ${rank} warns\nthe end`),
  ]);

test("a filter's lines are saved as printed, and with time and node", async () => {
  await page.goto(`${site.origin}/?job=${JOB}&q=rank`);
  await page.locator(".row").nth(3).waitFor();
  await page.getByText("Download", { exact: true }).click();
  const bare = await save("Lines as printed");
  expect(bare.name).toMatch(/\.txt$/);
  const lines = ["rank 0 begins", "rank 0 warns", "rank 1 begins", "rank 1 warns"];
  expect(bare.bytes.toString().split("\n").sort()).toEqual(["", ...lines]);
  const timed = await save("With time and node");
  const shapes = lines.map((line) => {
    const node = line.includes("0") ? "node1" : "node2";
    return expect.stringMatching(new RegExp(`^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z ${node} ${line}$`));
  });
  const byWords = (line: string): string => line.slice(line.indexOf(" "));
  const saved = timed.bytes.toString().trimEnd().split("\n");
  expect(saved.sort((a, b) => byWords(a).localeCompare(byWords(b)))).toEqual(shapes);
});

test("what an execution has printed is saved byte for byte, in each form", async () => {
  const first = (await api.executions(`job=${JOB}`)).find(({ labels }) => labels["rank"] === "0");
  await page.goto(`${site.origin}/?x=${first?.x}`);
  await page.locator(".row").first().waitFor();
  await page.getByRole("button", { name: "Actions" }).click();
  const whole = await save("As printed");
  expect(sortedLines(whole.bytes)).toEqual(sortedLines(printedBy(0)));
  expect((await save("stderr")).bytes.toString()).toBe("rank 0 warns\n");
  expect((await save("stdout")).bytes.subarray(-7).toString()).toBe("the end");
  expect(gunzipSync((await save("As printed, gzip")).bytes)).toEqual(whole.bytes);
  const { stdout } = await run("unzip", ["-Z1", (await save("With its data as JSON, zip")).path]);
  expect(stdout.trim().split("\n")).toHaveLength(2);
});

test("what a run has printed is saved as one text, and as a zip with a file for each", async () => {
  await page.goto(`${site.origin}/?job=${JOB}`);
  await page.locator(".cell").nth(1).waitFor();
  await page.getByRole("button", { name: "Actions" }).click();
  const text = await save("One text");
  for (const rank of [0, 1]) expect(text.bytes.includes(`rank ${rank} begins\n`)).toBe(true);
  expect(gunzipSync((await save("One text, gzip")).bytes)).toEqual(text.bytes);
  const { stdout } = await run("unzip", ["-Z1", (await save("A file for each execution, zip")).path]);
  expect(stdout.trim().split("\n")).toHaveLength(2);
});

/** Order between the streams of one command is that of arrival. */
function sortedLines(bytes: Buffer): readonly string[] {
  return bytes.toString("latin1").split("\n").sort();
}
