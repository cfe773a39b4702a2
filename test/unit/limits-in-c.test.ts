import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RUN_LIMITS } from "../../src/run/limits.ts";
import { WIRE_LIMITS } from "../../src/wire/limits.ts";
import { ROOT } from "../support/programs.ts";

/** Limits that C repeats: its file, the name there, and the value here. */
const REPEATED = [
  ["gate/limits.h", "MAX_FRAME_BYTES", WIRE_LIMITS.maxFrameBytes],
  ["gate/limits.h", "MAX_COUNT_DIGITS", String(WIRE_LIMITS.maxFrameBytes).length],
  ["launcher/options.h", "MAX_JOB_CHARACTERS", WIRE_LIMITS.maxJobCharacters],
  ["launcher/options.h", "MAX_LABELS", WIRE_LIMITS.maxLabels],
  ["launcher/options.h", "MAX_LABEL_KEY_CHARACTERS", WIRE_LIMITS.maxLabelKeyCharacters],
  ["launcher/options.h", "MAX_LABEL_VALUE_CHARACTERS", WIRE_LIMITS.maxLabelValueCharacters],
  ["launcher/options.h", "MAX_LABEL_BYTES", RUN_LIMITS.labelBytes],
  ["launcher/begin.c", "MAX_WORDS", WIRE_LIMITS.maxArgvElements],
  ["launcher/short-begin.c", "MAX_BEGIN_BYTES", RUN_LIMITS.beginBytes],
  ["launcher/short-begin.c", "MAX_ARGV_ELEMENTS", WIRE_LIMITS.maxArgvElements],
  ["launcher/short-begin.c", "MAX_ARGV_CHARACTERS", WIRE_LIMITS.maxArgvCharacters],
  ["launcher/short-begin.c", "MAX_CWD_CHARACTERS", WIRE_LIMITS.maxCwdCharacters],
  ["launcher/short-begin.c", "MAX_USER_CHARACTERS", WIRE_LIMITS.maxOwnerCharacters],
  ["launcher/site-file.c", "MAX_FILE_BYTES", RUN_LIMITS.siteFileBytes],
] as const;

test.each(REPEATED)("src/%s: %s is TypeScript's %i", async (file, name, value) => {
  const source = await readFile(join(ROOT, "src", file), "utf8");
  const [, inC] = new RegExp(`\\b${name}(?: =)? (\\d+)`).exec(source) ?? [];
  expect(Number(inC)).toBe(value);
});

test("mlrun's BEGIN fits through the gate, and the gate's through the collector", async () => {
  const source = await readFile(join(ROOT, "src/gate/limits.h"), "utf8");
  const gate = Number(/MAX_JSON_BYTES (\d+)/.exec(source)?.[1]);
  expect(RUN_LIMITS.beginBytes).toBeLessThanOrEqual(gate);
  expect(gate).toBeLessThanOrEqual(WIRE_LIMITS.maxBeginBytes);
});

test("a frame of a short command, with its length and a space before it, is no longer than a frame may be", async () => {
  const source = await readFile(join(ROOT, "src/launcher/short-frames.c"), "utf8");
  const [text, head] = ["TEXT", "HEAD"].map((part) =>
    Number(new RegExp(`MAX_${part}_BYTES = (\\d+)`).exec(source)?.[1]),
  );
  const prefix = `${WIRE_LIMITS.maxFrameBytes} `.length;
  expect((text ?? Number.NaN) + (head ?? Number.NaN) + prefix).toBeLessThanOrEqual(WIRE_LIMITS.maxFrameBytes);
});
