import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { readJournal } from "../../src/ctl/replay/journal-reader.ts";
import { RelpReplies } from "../../src/ctl/replay/relp-replies.ts";
import { createEnvelopeView, parseEnvelope } from "../../src/frame/envelope.ts";
import { fakeExecution } from "../support/envelopes.ts";
import { tempFolder } from "../support/temp-folder.ts";
import type { FuzzTarget } from "./fuzz.ts";
import { mutate } from "./mutate.ts";
import { X } from "./samples.ts";

const LIMITS = { maxFrames: 3, maxBytes: 400 };
const SECOND_MS = 1_000;

/** A relay's journal: yields every whole frame line in order, and no part of one. */
const journal: FuzzTarget = {
  name: "journal",
  isSlow: true,
  begin: async () => {
    const path = join(await tempFolder(), "journal");
    const fake = fakeExecution({ x: X, k: "AAAAAAAAAAAAAAAAAAAAAA" });
    const frames = [fake.begin(), fake.lines(1, ["one"]), fake.lines(2, ["two", "three"]), fake.end(3)];
    const view = createEnvelopeView();
    return async (random) => {
      const lines = Array.from({ length: random.below(6) }, () => `${random.pick(["", ...frames])}\n`);
      const valid = Buffer.from(lines.join(""));
      const bytes = random.oneIn(6) ? valid : mutate(random, valid, [Buffer.from(`${frames[1]}\n`)]);
      writeFileSync(path, bytes);
      const got: string[] = [];
      let at = 0;
      for await (const part of readJournal(path, { from: 0, ...LIMITS })) {
        assert.ok(part.end > at && part.end <= bytes.length && part.frames.length <= LIMITS.maxFrames);
        at = part.end;
        got.push(...part.frames.map((frame) => frame.toString("latin1")));
      }
      assert.equal(at, bytes.length);
      const whole = bytes.toString("latin1").split("\n").slice(0, -1);
      const wanted = whole.filter((line) => {
        const data = Buffer.from(line, "latin1");
        return parseEnvelope(data, 0, data.length, view) === undefined && view.kind !== "relay";
      });
      assert.deepEqual(got, wanted);
    };
  },
};

/** A real or false collector's answers to a replay: acknowledges only frames that the answers confirm. */
const replies: FuzzTarget = {
  name: "relp-replies",
  begin: () => async (random) => {
    const count = 1 + random.below(4);
    const valid = Buffer.from(Array.from({ length: count }, (_, i) => `${i + 1} rsp 6 200 OK\n`).join(""));
    const tokens = ["0 serverclose 0\n", " rsp ", "500 no", "rsp 0\n"].map((text) => Buffer.from(text));
    const isValid = random.oneIn(6);
    const bytes = isValid ? valid : mutate(random, valid, tokens);
    const whole = await outcome(bytes, [bytes.length], count);
    const cut = await outcome(bytes, random.cuts(bytes.length), count);
    // An answer in pieces may be known before the collector closes.
    if (whole === "answered" || isValid) assert.deepEqual([whole, cut], ["answered", "answered"]);
    const positive = bytes.toString("latin1").match(/ rsp \d+ 200/g) ?? [];
    if (cut === "answered") assert.ok(positive.length >= count);
  },
};

async function outcome(bytes: Buffer, cuts: readonly number[], count: number): Promise<string> {
  const socket = new Socket();
  const answered = new RelpReplies(socket).answered(count, SECOND_MS).then(
    () => "answered",
    (error: unknown) => String(error),
  );
  let from = 0;
  for (const to of cuts) {
    if (!socket.destroyed) socket.emit("data", bytes.subarray(from, to));
    from = to;
  }
  // The stream ends: waiting callers get an error.
  socket.emit("close");
  return answered;
}

export const RELAY_TARGETS: readonly FuzzTarget[] = [journal, replies];
