import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { pamServiceAskingTwice } from "../support/pam-service.ts";
import { createTestUser, describeAsRoot } from "../support/root.ts";
import { Site } from "../support/site.ts";
import { openPage, startBrowser } from "../support/viewer.ts";

async function give(page: Page, label: string, text: string): Promise<void> {
  await page.getByLabel(label).fill(text);
}

async function submit(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Sign in" }).click();
}

describeAsRoot("a PAM module that asks for a password and a code, on a real collector", () => {
  test("is answered in two steps, and all sessions end at once", async () => {
    const user = await createTestUser("mlt");
    const service = await pamServiceAskingTwice("apart");
    const site = await Site.create({ asRoot: true, settings: `pam-service = "${service}"\n` });
    const browser = await startBrowser();
    const [{ page: here }, { page: there }] = [await openPage(browser), await openPage(browser)];

    async function giveCode(page: Page, code: string): Promise<void> {
      await give(page, "User", user.name);
      await give(page, "Password", "right");
      await submit(page);
      await give(page, "Code", code);
      // PAM asks for it with an echo.
      expect(await page.getByLabel("Code").getAttribute("type")).toBe("text");
      await submit(page);
    }

    await here.goto(site.origin);
    await giveCode(here, "654321");
    await here.getByRole("alert").filter({ hasText: "User or password is wrong." }).waitFor();
    for (const page of [here, there]) {
      await page.goto(site.origin);
      await giveCode(page, "123456");
      await page.getByText(user.name).waitFor();
    }
    await here.getByRole("link", { name: user.name }).click();
    await here.getByText("This browser").waitFor();
    expect(await here.locator("li.session").count()).toBe(2);
    await here.getByRole("button", { name: "End all sessions" }).click();
    await here.getByRole("button", { name: "Sign in" }).waitFor();
    await there.getByText("Your session has ended.").waitFor();
    for (const page of [here, there]) {
      await page.reload();
      await page.getByLabel("Password").waitFor();
    }
  });
});
