import { expect, test } from "vitest";
import { createEnvelopeView, parseEnvelope } from "../../src/frame/envelope.ts";
import { Batch } from "../../src/ingest/frames/batch.ts";
import { BufferPool, ChunkBuilder, FIRST_BYTES } from "../../src/ingest/frames/chunk-builder.ts";
import { fakeExecution } from "../support/envelopes.ts";

class CountingPool extends BufferPool {
  lent = 0;

  override take(bytes?: number): Buffer {
    this.lent += 1;
    return super.take(bytes);
  }

  override giveBack(buffer: Buffer): void {
    this.lent -= 1;
    super.giveBack(buffer);
  }
}

const execution = fakeExecution();
const lines = (n: number, text: string) => execution.lines(n, [text]);
const bad = (n: number, text: string) => lines(n, `${text}\\`).replace("\\\\", "\\q");

/** A batch of one execution to which these frames were added. */
function gathered(frames: readonly string[]) {
  const pool = new CountingPool(16);
  const batch = new Batch<object>(pool);
  const entry = { idBytes: Buffer.alloc(0), keyBytes: Buffer.alloc(0), slot: {}, builder: new ChunkBuilder(pool) };
  for (const frame of frames) {
    const [data, view] = [Buffer.from(frame), createEnvelopeView()];
    expect(parseEnvelope(data, 0, data.length, view)).toBeUndefined();
    expect(batch.addLines(entry, data, view)).toBe(!frame.includes("\\q"));
  }
  return { pool, batch };
}

test.each([
  ["a bad frame", [bad(1, "")]],
  ["one that needs a larger buffer", [bad(1, "x".repeat(6_000))]],
  ["one behind a good one", [lines(1, "one"), bad(2, "x".repeat(6_000))]],
  ["one that does not continue a good one", [lines(1, "one"), bad(9, "x".repeat(6_000)), bad(10, "")]],
  ["good ones that do not continue one another", [lines(1, "one"), lines(9, "two"), lines(20, "three")]],
])("%s: every lent buffer comes back", (_, frames) => {
  const { pool, batch } = gathered(frames);
  batch.take().release();
  expect(pool.lent).toBe(0);
});

test("counts held memory once, even when numbers jump and frames are bad", () => {
  const frames = Array.from({ length: 100 }, (_, i) => [lines(10 * i + 1, "one"), bad(10 * i + 5, "")]).flat();
  const { pool, batch } = gathered(frames);
  const bookkeepingBytes = 100 * 256;
  expect(batch.heldBytes).toBeGreaterThanOrEqual(pool.lent * FIRST_BYTES);
  expect(batch.heldBytes).toBeLessThan(pool.lent * FIRST_BYTES + batch.bytes + bookkeepingBytes);
});
