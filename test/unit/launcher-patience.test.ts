import { expect, test } from "vitest";
import { run } from "../support/processes.ts";
import { compileSanitized } from "../support/sanitized.ts";

const SOURCES = "logging ring logger raw-log hand-over ../process/process-stat console descriptors".split(" ");

test("a logger that goes on is left alone after the command's end, one that has not for 30 s is ended", async () => {
  const program = await compileSanitized({ program: "logger_patience", folder: "src/launcher", sources: SOURCES });
  const after = async (...steps: readonly string[]) => {
    const { stdout, stderr } = await run(program, steps);
    expect(stderr).toBe("");
    return stdout.trim();
  };
  expect(await after("29", "2")).toBe("waits ended");
  expect(await after("29+", "29+", "29+", "29", "2")).toBe("waits waits waits waits ended");
});
