import { expect, test } from "vitest";
import { createEnvelopeView, parseEnvelope } from "../../src/frame/envelope.ts";
import { frameAt, wholeFramesEnd } from "../../src/run/spool/frame-scan.ts";
import { fakeExecution } from "../support/envelopes.ts";

test.each(["3", "1000000", "40000000000", "999999999999999"])(
  "refuses a frame that claims %s lines before allocating room for them",
  (count) => {
    const text = fakeExecution().lines(1, ["one", "two"]).replace('c="2"', `c="${count}"`);
    const bytes = Buffer.from(text.replace("one\\ntwo", "ab").replace('b="8"', 'b="2"'));
    expect(parseEnvelope(bytes, 0, bytes.length, createEnvelopeView())).toBe("cut");
  },
);

test("a frame ends at its length, whatever follows", () => {
  const fake = fakeExecution();
  for (const frame of [fake.begin(), fake.lines(1, ["one"]), fake.beat(1, 1), fake.end(1)]) {
    const bytes = Buffer.from(frame);
    // Up to the brace or the text; from there on the JSON or the length decides.
    const least = frame.indexOf("] ") + 2;
    for (let end = 0; end < least; end += 1) {
      expect(parseEnvelope(bytes, 0, end, createEnvelopeView())).toBeDefined();
    }
  }
});

test.each(["-9 ", "-0 ", "1e1 0123456789", "0x2 ab", "+2 ab", "2. ab"])(
  "reads a spool up to a frame whose length is %j, and no further",
  (text) => {
    expect(frameAt(Buffer.from(text), 0)).toBeUndefined();
    expect(wholeFramesEnd(Buffer.from(`2 ab${text}`))).toBe(4);
  },
);
