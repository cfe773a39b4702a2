import { join } from "node:path";
import { afterwards, closeCleanupLevel } from "../support/cleanup.ts";
import { DEMO_PATIENCE_MS } from "../support/poll.ts";
import { start } from "../support/processes.ts";
import { ROOT } from "../support/programs.ts";
import { openPage, startBrowser } from "../support/viewer.ts";
import { signedIn } from "../support/web.ts";
import { DEMO_PICTURES } from "./demo-pictures.ts";
import { take } from "./picture.ts";
import { startTraining, TRAINING_PICTURES } from "./training.ts";

/** The demo starts within this, and its job ends. */

/** Makes the pictures of `ui/` anew, from the demo and from a training that goes wrong. */
try {
  const browser = await startBrowser();
  const { origin } = await startTraining();
  const [name = "", value = ""] = (await signedIn(origin, "alice")).cookie.split(/=(.*)/s);
  const { page } = await openPage(browser);
  await page.context().addCookies([{ name, value, url: origin }]);
  await take({ page, origin }, TRAINING_PICTURES);

  const demo = start(process.execPath, [join(ROOT, "dist/src/bin/demo.js")]);
  afterwards(async () => void (await demo.end("SIGINT")));
  const [, address = ""] = await demo.waitFor(/Open (\S+)/, DEMO_PATIENCE_MS);
  const { page: there } = await openPage(browser);
  await there.goto(address);
  await there.getByText("3 finished").first().waitFor({ timeout: DEMO_PATIENCE_MS });
  await take({ page: there, origin: address }, DEMO_PICTURES);
} finally {
  await closeCleanupLevel();
}
