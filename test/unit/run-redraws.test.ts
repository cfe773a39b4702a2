import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RUN_LIMITS } from "../../src/run/limits.ts";
import { RedrawThinner } from "../../src/run/output/redraws.ts";
import { LineScreen } from "../../src/text/screen/line-screen.ts";

const EVERY_MS = RUN_LIMITS.redrawEveryMs;

/** Feeds reads to a thinner as `OutputStream` does: held bytes come before the next read. */
class Reader {
  readonly thinner = new RedrawThinner();
  /** What each step sent. */
  readonly sent: string[] = [];
  nowMs = 1_000;
  #held = "";

  read(text: string, afterMs = 0): this {
    this.nowMs += afterMs;
    const bytes = Buffer.from(`....${this.#held}${text}`, "latin1");
    this.thinner.thin(bytes, 4, bytes.length, this.nowMs);
    const sent = bytes.toString("latin1", 4, this.thinner.sendEnd);
    this.#held = bytes.toString("latin1", this.thinner.sendEnd, this.thinner.end);
    if (sent !== "") this.thinner.sent(sent.charCodeAt(sent.length - 1));
    this.sent.push(sent);
    return this;
  }

  /** Lets time pass until nothing is held. */
  flush(): this {
    this.thinner.sendAll(this.#held.charCodeAt(this.#held.length - 1), this.nowMs);
    if (this.#held !== "") this.thinner.sent(this.#held.charCodeAt(this.#held.length - 1));
    this.sent.push(this.#held);
    this.#held = "";
    return this;
  }

  due(sinceMs: number, readAtMs: number): number {
    return this.thinner.dueMs({ sinceMs, readAtMs });
  }
}

describe("redraws of one line", () => {
  test("are thinned to the first, one in 250 ms, and the last", () => {
    const reader = new Reader();
    for (let percent = 0; percent < 100; percent += 1) reader.read(`${percent}%\r`, 10);
    reader.read("done\n", 10);
    const kept = reader.sent.join("");
    expect(kept).toBe("0%\r25%\r50%\r75%\r99%\rdone\n");
    expect(reader.thinner.thinnedBytes).toBe(10 * 3 + 90 * 4 + 5 - kept.length);
  });

  test("are thinned within one read and across any split", () => {
    const printed = "1\r2\r3\r4 \rfive\n6\r\n7\r\r8\r9";
    for (let at = 0; at <= printed.length; at += 1) {
      const reader = new Reader().read(printed.slice(0, at)).read(printed.slice(at)).flush();
      expect(reader.sent.join("")).toBe("1\r4 \rfive\n6\r\n8\r9");
    }
  });

  test("are thinned with \\r before the text as well", () => {
    const reader = new Reader();
    for (let percent = 0; percent < 50; percent += 1) reader.read(`\r${percent}%`, 10);
    reader.read("\n", 10);
    expect(reader.sent.join("")).toBe("0%\r25%\r48%\r49%\n");
  });

  test("are completed when shown in part", () => {
    const reader = new Reader().read("1\r2").flush().read("2%\r3").read("\r4\r5").read("\n");
    expect(reader.sent).toEqual(["1\r", "2", "2%\r", "", "4\r5\n"]);
  });
});

test.each([
  ["numbered messages", "WARN disk1\rWARN disk2\rok\n", "WARN disk1\rWARN disk2\rok\n"],
  [
    "a message between bars",
    "\r10%|#  |\rERROR cannot open x\r20%|## |\r\n",
    "10%|#  |\rERROR cannot open x\r20%|## |\r\n",
  ],
  ["another file", "a.txt 10%\ra.txt 90%\rb.txt 10%\r\n", "a.txt 10%\ra.txt 90%\rb.txt 10%\r\n"],
  ["a longer one before a shorter one", "100%\r100%\r99%\r\n", "100%\r100%\r99%\r\n"],
  ["a longer one that is erased", "10%\r100%\x1b[K\r99%\x1b[K\r98%\x1b[K\r\n", "10%\r99%\x1b[K\r98%\x1b[K\r\n"],
  [
    "a colour that was on before",
    "\x1b[32mx\r1%\x1b[31m2%\x1b[0m\r1%\x1b[31m3%\x1b[0m\r1\n",
    "\x1b[32mx\r1%\x1b[31m2%\x1b[0m\r1%\x1b[31m3%\x1b[0m\r1\n",
  ],
  ["a colour that leaks", "\x1b[31m1%\r\x1b[31m2%\r\x1b[31m3%\rx\n", "\x1b[31m1%\r\x1b[31m2%\r\x1b[31m3%\rx\n"],
])("keeps redraws of different things: %s", (_what, printed, kept) => {
  expect(new Reader().read(printed).flush().sent.join("")).toBe(kept);
});

test("bars of tqdm and apt are thinned", () => {
  const bar = (i: number) =>
    `epoch: ${i}0%|${"█".repeat(i)}${" ".repeat(9 - i)}| ${i}/10 [00:0${i}<00:09, 1.0${i}it/s]`;
  const printed = [1, 2, 3, 4, 5].map((i) => `\r${bar(i)}`).join("");
  const tqdm = new Reader().read(Buffer.from(`${printed}\n`).toString("latin1"));
  expect(Buffer.from(tqdm.sent.join(""), "latin1").toString()).toBe(`${[1, 4, 5].map(bar).join("\r")}\n`);
  const apt = new Reader().read("\rReading... 0%\r\rReading... 1%\r\rReading... 2%\r\rReading... Done\r\n");
  expect(apt.sent.join("")).toBe("Reading... 0%\rReading... 2%\rReading... Done\r\n");
});

test("ends with the same screen as without thinning, whatever is redrawn", () => {
  const unit = fc.constantFrom(
    ..."1% 2% 10% 100% |#|| |##| ab a1 a2 日1% \x1b[K \x1b[2K3% \x1b[31m1%\x1b[0m \x1b[31m2%\x1b[0m \x1b[32mx \x1b[m".split(
      " ",
    ),
  );
  const piece = fc.oneof(unit, fc.constantFrom("\r", "\r", "\r", "\n", "\r\n"));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.array(piece, { maxLength: 9 }), fc.nat(300)), { maxLength: 8 }), (reads) => {
      const reader = new Reader();
      for (const [pieces, afterMs] of reads) reader.read(Buffer.from(pieces.join("")).toString("latin1"), afterMs);
      const kept = Buffer.from(reader.flush().sent.join(""), "latin1").toString();
      expect(screenOf(kept)).toEqual(screenOf(reads.map(([pieces]) => pieces.join("")).join("")));
    }),
    { numRuns: 500 },
  );
});

function screenOf(printed: string): unknown {
  const screen = new LineScreen();
  for (const line of printed.split("\n")) screen.write(line, 1, false);
  return screen.rows.map((row) => ({ text: row.text.trimEnd(), spans: row.text.trim() === "" ? [] : row.spans }));
}

describe("no redraw", () => {
  test.each(["a\r\nb\r\n", "\r\n\r\n", "no return\n", "\n\n", "text"])("is touched in %j", (printed) => {
    const reader = new Reader().read(printed).read(printed).flush();
    expect(reader.sent.join("")).toBe(printed + printed);
    expect(reader.thinner.thinnedBytes).toBe(0);
  });

  test("is assumed beyond the length limit", () => {
    const long = "x".repeat(RUN_LIMITS.redrawBytes + 1);
    const reader = new Reader().read(`${long}\r${long}\r${long}`).flush();
    expect(reader.sent.join("")).toBe(`${long}\r${long}\r${long}`);
  });
});

test("a newline keeps everything except redraws, in order", () => {
  const piece = fc.constantFrom("a", "bc", "\r", "\n", "\r\n", "d\r", "\re");
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.array(piece, { maxLength: 6 }), fc.nat(400)), { maxLength: 8 }), (reads) => {
      const reader = new Reader();
      for (const [pieces, afterMs] of reads) reader.read(pieces.join(""), afterMs);
      const kept = reader.flush().sent.join("");
      const printed = reads.map(([pieces]) => pieces.join("")).join("");
      expect(kept.length + reader.thinner.thinnedBytes).toBe(printed.length);
      // The final screen is the same: each line's text after its last redraw.
      const screen = (text: string) => text.split("\n").map((line) => line.replace(/\r$/, "").replace(/^.*\r/s, ""));
      expect(screen(kept)).toEqual(screen(printed));
    }),
  );
});

describe("held back redraws are shown", () => {
  test("as a prompt, 150 ms after it came", () => {
    expect(new Reader().read("Password: ").due(900, 1_000)).toBe(900 + RUN_LIMITS.fragmentAfterMs);
  });

  test.each(["2", "2\r", "2\r3"])("as a redraw, when it has not changed for 250 ms: %j", (text) => {
    expect(new Reader().read("1\r").read(text, 100).due(1_100, 1_100)).toBe(1_100 + EVERY_MS);
  });

  test("and counts as the redraw of its time", () => {
    const reader = new Reader().read("1\r").flush().read("2\r", 50).read("3\r", 50);
    expect(reader.sent.join("")).toBe("1\r");
    expect(reader.read("4\r", 150).sent.join("")).toBe("1\r3\r");
  });
});
