import fc from "fast-check";
import { expect, test } from "vitest";
import { ReadSpace } from "../../src/store/merged/read-space.ts";
import { seekTime } from "../../src/store/merged/seek-time.ts";
import { asTime } from "../../src/wire/time.ts";

const STARTED_MS = Date.UTC(2026, 10, 20, 4, 17, 44);

/** Lines of a text by their distance in time and their length. */
const lines = fc.array(fc.record({ afterMs: fc.nat(3), bytes: fc.oneof(fc.nat(60), fc.nat(30_000)) }), {
  minLength: 1,
  maxLength: 400,
});

test("finds the first line of a time, whatever the pace and the length of lines", async () => {
  await fc.assert(
    fc.asyncProperty(lines, fc.nat(1_300), fc.boolean(), fc.boolean(), async (printed, afterMs, isSteady, isReused) => {
      let [ms, at] = [0, 0];
      const placed = printed.map(({ afterMs: paused, bytes }, i) => {
        ms += isSteady ? 1 : i === 7 ? 900 : paused;
        const line = `${asTime(STARTED_MS + ms)} stdout F ${"x".repeat(bytes)}\n`;
        at += line.length;
        return { line, ms, at: at - line.length };
      });
      const text = Buffer.from(placed.map(({ line }) => line).join(""));
      const found = await seekTime({
        read: async (from, most, into) => {
          const bytes = text.subarray(from, from + most);
          if (!isReused || into === undefined) return bytes;
          return into.subarray(0, bytes.copy(into));
        },
        space: new ReadSpace(),
        ...{ from: 0, to: text.length, fromTime: asTime(STARTED_MS), toTime: asTime(STARTED_MS + ms) },
        time: asTime(STARTED_MS + afterMs),
      });
      expect(found).toBe(placed.find((line) => line.ms >= afterMs)?.at ?? text.length);
    }),
  );
});
