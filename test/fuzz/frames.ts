import assert from "node:assert/strict";
import { countLines, sliceChunk } from "../../src/frame/cri.ts";
import { FrameEncoder } from "../../src/frame/encode.ts";
import { createEnvelopeView, type EnvelopeView, parseEnvelope } from "../../src/frame/envelope.ts";
import { allocateSource } from "../../src/frame/source.ts";
import { BufferPool, ChunkBuilder } from "../../src/ingest/frames/chunk-builder.ts";
import { frameAt } from "../../src/run/spool/frame-scan.ts";
import { printedBytes } from "../../src/store/execution/read-chunks.ts";
import { parseCriLine } from "../../src/wire/cri.ts";
import { WIRE_LIMITS } from "../../src/wire/limits.ts";
import { fakeExecution } from "../support/envelopes.ts";
import type { FuzzTarget } from "./fuzz.ts";
import { mutate } from "./mutate.ts";
import type { Random } from "./random.ts";
import { X } from "./samples.ts";

const K = "AAAAAAAAAAAAAAAAAAAAAA";
const TOKENS = ['"] ', '" c="', '" b="', ' f="1"', 't="end"', 't="beat"', " mlrun - BEGIN [", "\\n", "+00:00"].map(
  (text) => Buffer.from(text),
);
const TIME = "2026-11-20T04:17:44.960662Z";

/**
 * An envelope in the middle of other bytes: what stands around it changes nothing, all that was found lies inside it,
 * and lines that are accepted are as many as they say.
 */
const envelope: FuzzTarget = {
  name: "envelope",
  begin: () => {
    const fake = fakeExecution({ x: X, k: K });
    const pool = new BufferPool(16);
    const [view, alone] = [createEnvelopeView(), createEnvelopeView()];
    const valid = [
      fake.begin({}, 1_001),
      fake.lines(7, ["one", "two \\ three", "é"]),
      fake.lines(123, ["a"], { stderr: true, fragment: true }),
      fake.beat(9, 4),
      fake.end(9),
    ].map((text) => Buffer.from(text));
    return (random) => {
      const base = valid[random.below(valid.length)] ?? Buffer.alloc(0);
      const isCut = random.oneIn(4);
      const whole = random.oneIn(10) ? base : mutate(random, base, TOKENS);
      const bytes = isCut ? whole.subarray(0, random.below(whole.length + 1)) : whole;
      const before = random.bytes(20);
      // The cut-off part lies beyond the parser's end.
      const after = isCut ? whole.subarray(bytes.length) : random.bytes(20);
      const data = Buffer.concat([before, bytes, after]);
      const fault = parseEnvelope(data, before.length, before.length + bytes.length, view);
      // A cut frame may be refused for another reason.
      assert.equal(parseEnvelope(Buffer.from(bytes), 0, bytes.length, alone) === undefined, fault === undefined);
      if (fault !== undefined) return;
      assert.equal(found(data, view), found(bytes, alone));
      assert.ok(view.textAt <= view.textEnd && view.textEnd <= before.length + bytes.length);
      if (view.kind === "lines") checkLines(random, { pool, data, view });
    };
  },
};

function found(data: Buffer, view: EnvelopeView): string {
  const { kind, n, count, fragment, isStderr, uid, hostAt, hostEnd, textAt, textEnd } = view;
  const host = data.toString("latin1", hostAt, hostEnd);
  const text = data.toString("latin1", textAt, textEnd);
  return JSON.stringify([
    kind,
    host,
    text,
    kind === "lines" ? [n, count, fragment, isStderr] : kind === "begin" ? uid : n,
  ]);
}

function checkLines(random: Random, frame: { pool: BufferPool; data: Buffer; view: EnvelopeView }): void {
  const { pool, data, view } = frame;
  const builder = new ChunkBuilder(pool);
  const added = builder.add(data, view);
  const taken = builder.take();
  assert.equal(taken === undefined, added < 0);
  if (taken === undefined) return;
  const { chunk, buffer } = taken;
  const counted = countLines(chunk.cri);
  assert.equal(counted.lines, view.count);
  assert.equal(counted.wholeBytes, chunk.cri.length);
  assert.equal(counted.fragments, chunk.fragments);
  const from = chunk.firstN + random.below(chunk.count);
  assert.equal(countLines(sliceChunk(chunk, from, from).cri).lines, 1);
  pool.giveBack(buffer);
}

/** Output survives encoding and the collector byte for byte, whatever it is and however it is read. */
const roundTrip: FuzzTarget = {
  name: "round-trip",
  begin: () => {
    const source = allocateSource(512);
    const target = Buffer.alloc(WIRE_LIMITS.maxFrameBytes);
    const pool = new BufferPool(16);
    const view = createEnvelopeView();
    return (random) => {
      const printed = random.oneIn(2)
        ? mutate(random, Buffer.from("épóch 3\tloss \\ #012 \n  x \n"))
        : random.bytes(300);
      const length = Math.min(printed.length, source.bytes.length);
      printed.copy(source.bytes, 0, 0, length);
      const identity = { x: X, key: K, node: "node1", pid: 1 };
      const encoder = new FrameEncoder(identity, { oneLineFrames: random.oneIn(2) });
      encoder.setTime(TIME);
      const seen: Buffer[] = [];
      let from = 0;
      while (from < length) {
        const end = encoder.encodeLines({ stream: "stdout", source, from, to: length, take: "final" }, target, 0);
        assert.ok(end > 0 && encoder.consumed > from && end <= WIRE_LIMITS.maxFrameBytes);
        from = encoder.consumed;
        const frame = frameAt(target.subarray(0, end), 0);
        assert.equal(frame?.end, end);
        const text = target.toString("latin1", frame?.from, end);
        const relayed = Buffer.from(
          text.replace(/^<14>1 (\S+) (\S+) mlrun 1 LINES/, "<134>1 $1 $2 mlrun - LINES"),
          "latin1",
        );
        assert.equal(parseEnvelope(relayed, 0, relayed.length, view), undefined);
        const builder = new ChunkBuilder(pool);
        assert.ok(builder.add(relayed, view) > 0);
        const taken = builder.take();
        if (taken === undefined) continue;
        seen.push(printedBytes(taken.chunk, undefined));
        pool.giveBack(taken.buffer);
      }
      assert.deepEqual(Buffer.concat(seen), source.bytes.subarray(0, length));
    };
  },
};

/** A line of a log: an accepted one prints back the same. */
const cri: FuzzTarget = {
  name: "cri",
  begin: () => {
    const valid = [`${TIME} stdout F epoch 3`, `${TIME} stderr P Password:`, `${TIME} stdout F `].map((text) =>
      Buffer.from(text),
    );
    const tokens = ["stdout", "stderr", " F ", " P ", TIME].map((text) => Buffer.from(text));
    return (random) => {
      const base = valid[random.below(valid.length)] ?? Buffer.alloc(0);
      const text = (random.oneIn(10) ? base : mutate(random, base, tokens)).toString("utf8");
      const line = parseCriLine(text, 7);
      if (line === undefined) return;
      assert.equal(`${line.time} ${line.stream} ${line.fragment ? "P" : "F"} ${line.text}`, text);
    };
  },
};

export const FRAME_TARGETS: readonly FuzzTarget[] = [envelope, roundTrip, cri];
