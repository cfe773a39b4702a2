import { beforeAll, expect, test } from "vitest";
import { fakeExecution } from "../../support/envelopes.ts";
import { openRelay } from "../../support/ingest-site.ts";
import { RemoteMlctl } from "../../support/remote-mlctl.ts";
import { startSearchSite } from "../../support/search-site.ts";

const GREEN = "\u001b[38;5;2m";
const PLAIN = "\u001b[0m";
const NODES = ["gpu1", "gpu2"] as const;

let mlctl: RemoteMlctl;

/** Two nodes end with the same state of a bar, and had others before. */
beforeAll(async () => {
  const site = await startSearchSite();
  const relay = await openRelay(site.on);
  mlctl = await RemoteMlctl.signedIn(site.web.origin, "alice");
  for (const [index, node] of NODES.entries()) {
    const execution = fakeExecution({ x: `01JDTC8V6CZ7M4V5X9Q2N3K4P${index}`, job: "train", node });
    await relay.send(
      execution.begin(),
      execution.lines(1, [`  0 %|    |\r ${3 + index}0 %|#   |`], { fragment: true }),
      execution.lines(2, [`\r\u001b[32m100 %\u001b[0m|####|`, "saved"]),
      execution.end(3),
    );
  }
});

test("tail shows a bar's last state, in its colours on a terminal; --raw all of it", async () => {
  const piped = await mlctl.run(["tail", "train"]);
  expect(piped.stdout.split("\n").toSorted()).toEqual([
    "",
    "gpu1: 100 %|####|",
    "gpu1: saved",
    "gpu2: 100 %|####|",
    "gpu2: saved",
  ]);
  expect((await mlctl.onTerminal(["tail", "train"])).output).toContain(`${GREEN}100 %${PLAIN}|####|`);
  expect((await mlctl.run(["tail", "--raw", "train"])).stdout).toContain("  0 %|    |\r 30 %|#   |\r\u001b[32m100 %");
});

test("fold and diff compare what bars have come to", async () => {
  expect((await mlctl.run(["fold", "train"])).stdout).toBe("gpu[1-2]: 100 %|####|\ngpu[1-2]: saved\n");
  expect(await mlctl.run(["diff", "gpu1", "gpu2", "--job", "train"])).toMatchObject({ code: 0, stdout: "" });
});

test.each([
  ["an early state", "40 %", "gpu2:01JDTC8V6CZ7M4V5X9Q2N3K4P1#1:… 40 %|#   |\n"],
  ["the last of several", "#", "gpu1:01JDTC8V6CZ7M4V5X9Q2N3K4P0#1:…100 %|####|\n"],
])("grep shows the state that matches: %s", async (_, pattern, line) => {
  expect((await mlctl.run(["grep", pattern])).stdout).toContain(line);
});
