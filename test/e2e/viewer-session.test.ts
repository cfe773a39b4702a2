import type { Browser, Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { afterwards } from "../support/cleanup.ts";
import type { MockCollector } from "../support/mock-collector.ts";
import { startMockCollector } from "../support/mock-collector.ts";
import { MockExecution } from "../support/mock-executions.ts";
import { poll } from "../support/poll.ts";
import { openPage, startBrowser, UI_FOLDER } from "../support/viewer.ts";

const X = "01JC0000000000000000000000";

let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
});

async function setUp(signedIn: boolean): Promise<{ mock: MockCollector; page: Page; problems: string[] }> {
  const lines = new MockExecution({ x: X, node: "n1", argv: ["./train"], startedAtMs: Date.now() - 5_000, lines: 50 });
  const mock = await startMockCollector({ uiFolder: UI_FOLDER, signedIn, executions: [lines] });
  afterwards(() => mock.close());
  return { mock, ...(await openPage(browser)) };
}

async function signIn(page: Page, password: string): Promise<void> {
  await page.getByLabel("User").fill("alice");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

describe("signing in", () => {
  test("leads to the requested page", async () => {
    const { mock, page, problems } = await setUp(false);
    await page.goto(`${mock.url}/?x=${X}&node=n1&top=7`);
    await signIn(page, "right");
    await page.getByRole("heading", { name: "./train" }).waitFor();
    expect(new URL(page.url()).search).toBe(`?x=${X}&node=n1&top=7`);
    expect(problems).toEqual([]);
  });

  test("says that Caps Lock is on, while a password is typed", async () => {
    const { mock, page } = await setUp(false);
    await page.goto(mock.url);
    const press = (isOn: boolean): Promise<void> =>
      page.getByLabel("Password").evaluate((field, modifierCapsLock) => {
        field.dispatchEvent(new KeyboardEvent("keyup", { key: "A", bubbles: true, modifierCapsLock }));
      }, isOn);
    await press(true);
    await page.getByText("Caps Lock is on").waitFor();
    await press(false);
    await page.getByText("Caps Lock is on").waitFor({ state: "detached" });
  });

  test.each([
    ["a wrong password", undefined, "User or password is wrong."],
    [
      "too many attempts",
      { status: 429, code: "too_many", retryAfterSeconds: 42 },
      "Too many attempts. Try again in 4",
    ],
    [
      "a service that does not answer",
      { status: 503, code: "unavailable" },
      "Signing in is not possible at the moment",
    ],
  ])("shows the error: %s", async (_, refusal, words) => {
    const { mock, page } = await setUp(false);
    mock.refuseLogin = refusal;
    await page.goto(mock.url);
    await signIn(page, "wrong");
    await page.getByRole("alert").filter({ hasText: words }).waitFor();
  });

  test("with a one-time code removes the code from address and history at once", async () => {
    const { mock, page } = await setUp(false);
    await page.goto(`${mock.url}/?state=running#code=demo`);
    await page.getByRole("link", { name: "./train" }).waitFor();
    expect(page.url()).toBe(`${mock.url}/?state=running`);
    expect(await page.evaluate(() => history.length)).toBe(2);
  });

  test("with a one-time code works in an open viewer, and removes the code from the address", async () => {
    const { mock, page } = await setUp(false);
    await page.goto(mock.url);
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    await page.goto(`${mock.url}/#code=demo`);
    await page.getByRole("link", { name: "./train" }).waitFor();
    expect(page.url()).toBe(`${mock.url}/`);
    await page.goto(`${mock.url}/#code=demo`);
    await poll("the code is used", () => mock.requests.filter((path) => path === "/api/login").length === 2);
    await page.getByRole("link", { name: "./train" }).waitFor();
    expect(page.url()).toBe(`${mock.url}/`);
    await poll("live", () => mock.live.viewers === 1);
  });

  test("with a spent code says so", async () => {
    const { mock, page } = await setUp(false);
    await page.goto(`${mock.url}/#code=spent`);
    await page.getByText("This sign-in link has been used or has expired.").waitFor();
    expect(page.url()).toBe(`${mock.url}/`);
  });
});

test("signing out ends the session and closes the live connection", async () => {
  const { mock, page } = await setUp(true);
  await page.goto(mock.url);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await poll("no live connection", () => mock.live.viewers === 0);
});

test("signing out does not count as done until the collector confirms it", async () => {
  const { mock, page } = await setUp(true);
  await page.goto(mock.url);
  await page.route("**/api/logout", (route) => route.abort());
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("You are still signed in: The collector cannot be reached.").waitFor();
  await page.getByRole("link", { name: "./train" }).waitFor();
  await page.unroute("**/api/logout");
  await page.getByRole("button", { name: "Sign out again" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
});

test("an ended session leads to sign-in, and from there back to the same place", async () => {
  const { mock, page } = await setUp(true);
  await page.goto(`${mock.url}/?x=${X}`);
  await page.getByRole("heading", { name: "./train" }).waitFor();
  mock.signOut();
  mock.live.cut();
  await page.getByText("Your session has ended.").waitFor();
  await signIn(page, "right");
  await page.getByRole("heading", { name: "./train" }).waitFor();
});

test("the theme follows the system until the user chooses, and keeps the choice", async () => {
  const { mock } = await setUp(true);
  const { page } = await openPage(browser, { colours: "dark" });
  const ground = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.goto(mock.url);
  expect(await ground()).toBe("rgb(1, 4, 9)");
  await page.getByRole("button", { name: "Theme: auto" }).click();
  expect(await ground()).toBe("rgb(244, 246, 248)");
  await page.reload();
  await page.getByRole("button", { name: "Theme: light" }).waitFor();
  expect(await ground()).toBe("rgb(244, 246, 248)");
});
