import { beforeAll, describe, expect, test } from "vitest";
import { run } from "../support/processes.ts";
import { compileSanitized } from "../support/sanitized.ts";

const LOGGING = "logging ring logger raw-log hand-over ../process/process-stat console descriptors".split(" ");
const WAITING = "short-way lived fields ../process/process-stat".split(" ");

async function outcome(program: string, steps: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run(program, steps);
  expect(stderr).toBe("");
  return stdout.trim();
}

test("a logger that goes on is left alone after the command's end, one that has not for 30 s is ended", async () => {
  const program = await compileSanitized({ program: "logger_patience", folder: "src/launcher", sources: LOGGING });
  expect(await outcome(program, ["29", "2"])).toBe("waits ended");
  expect(await outcome(program, ["29+", "29+", "29+", "29", "2"])).toBe("waits waits waits waits ended");
});

describe("a command gets a logger", () => {
  let program: string;
  beforeAll(async () => {
    program = await compileSanitized({ program: "short_waiting", folder: "src/launcher", sources: WAITING });
  });

  test.each([
    ["after 25 ms of running", ["24", "25:R 25 0 1"], "1 logger"],
    ["after 25 ms of sleeping", ["10", "25:S 1 0 1"], "15 logger"],
    ["later, if it waited for a processor", ["25:S 1 20 2", "44:S 1 20 2", "45:S 1 20 2"], "20 1 logger"],
    ["later, if it waits right now", ["25:R 1 0 1", "49:R 1 0 1", "73:R 24 0 1", "78:R 25 0 2"], "24 24 5 logger"],
    ["after 25 ms, if the kernel does not count", ["25:R 0 0 0"], "logger"],
    ["after 25 ms, if /proc does not show it", ["25:gone"], "logger"],
    ["after 1 s of waiting", ["975:R 1 0 1", "999", "1023"], "24 24 logger"],
    ["after 1 s, if nobody has waited for it since it ended", ["974:Z 1 0 1", "999", "1024"], "25 25 logger"],
    ["25 ms after its end, if something holds its pipes", ["20:exit", "25", "45"], "5 20 logger"],
    ["no sooner if it had to wait for a processor", ["25:Z 1 0 1", "300:exit", "324", "325"], "25 25 1 logger"],
  ])("%s", async (_, steps, looks) => {
    expect(await outcome(program, steps)).toBe(looks);
  });
});
