import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CtlError } from "../../src/ctl/command.ts";
import { dispatch } from "../../src/ctl/dispatch.ts";
import { createLog } from "../../src/host/log.ts";
import { UsageError } from "../../src/wire/usage-error.ts";
import { run } from "../support/processes.ts";
import { program } from "../support/programs.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** A title, a cleared screen, a colour, reversed text, a new line, an invisible tag. */
const HOSTILE = "\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e\u2066\u061c\u2028\r\u{e0041}";
const DRIVES = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

const plain = (text: string) => text.replace(/[\n\t]/g, "");

test("a log line is one line that drives no terminal, whatever its values", () => {
  let text = "";
  const stream = { write: (part: string) => (text += part) };
  createLog(stream, "mlcollector").event("warning", "frame discarded", {
    begins: `${HOSTILE}\n<3>forged`,
    node: HOSTILE,
  });
  expect(text.match(/\n/g)).toHaveLength(1);
  expect(text.endsWith("\n")).toBe(true);
  expect(plain(text)).not.toMatch(DRIVES);
  expect(text).toContain("\\u001b]0;owned");
});

test.each([new CtlError(`No certificate of ${HOSTILE}`), new UsageError(`${HOSTILE} is no host name`)])(
  "mlctl reports errors without driving the terminal: %#",
  async (error) => {
    let text = "";
    const stderr = { write: (part: string) => (text += part) };
    const command = { summary: "", help: "", run: () => Promise.reject(error) };
    const io = { stdout: stderr, stderr, cwd: "/" };
    await dispatch({ name: "mlctl", version: () => "1", commands: { pki: async () => command } }, ["pki"], io);
    await dispatch({ name: "mlctl", version: () => "1", commands: { pki: async () => command } }, [HOSTILE], io);
    expect(text).toContain("owned");
    expect(plain(text)).not.toMatch(DRIVES);
  },
);

test("the collector reports configuration errors without driving the terminal", async () => {
  const file = join(await tempFolder(), "collector.toml");
  const quoted = JSON.stringify(HOSTILE).slice(1, -1);
  writeFileSync(file, `"${quoted}" = 1\nweb = "${quoted}"\n[limits]\n"${quoted}" = 2\n`);
  const [command, ...args] = program("mlcollector", "--config", file, `--${HOSTILE}`);
  const { code, stderr } = await run(command, args);
  expect(code).toBe(2);
  expect(stderr).toContain("owned");
  expect(plain(stderr)).not.toMatch(DRIVES);
});
