import type { Response } from "express";
import { describe, expect, test } from "vitest";
import { readPage } from "../../src/web/lines-page.ts";
import { inPieces, type List, sendList } from "../../src/web/send-list.ts";

const PIECE_BYTES = 65_536;

/** What an answer consists of, and how many octets of it each turn made. */
async function sent(list: List): Promise<{ json: string; perTurn: number[]; headers: Record<string, string> }> {
  const headers: Record<string, string> = {};
  const parts: Buffer[] = [];
  const perTurn: number[] = [];
  const response = {
    type: (type: string) => {
      headers["type"] = type;
      return response;
    },
    set: (name: string, value: string) => {
      headers[name] = value;
      return response;
    },
    write: (part: Buffer) => parts.push(part),
    end: () => {},
  };
  let steps = 0;
  const run = <T>(step: () => Promise<T>): Promise<T> => {
    steps += 1;
    return step();
  };
  // Only these members are used.
  await sendList(response as unknown as Response, { run }, list);
  perTurn.push(...parts.map(({ length }) => length));
  expect(steps).toBeGreaterThanOrEqual(parts.length - 1);
  return { json: Buffer.concat(parts).toString(), perTurn, headers };
}

describe("a list as an answer", () => {
  test.each([
    ["empty", []],
    ["one", [{ i: 1, text: "one" }]],
    ["several pieces", Array.from({ length: 100 }, (_, i) => ({ i, text: "größer" }))],
  ])("is the JSON of the whole: %s", async (_, elements) => {
    for (const rest of [undefined, { next: null, more: "x" }]) {
      const { json, headers } = await sent({ name: "list", pieces: inPieces(elements), ...(rest && { rest }) });
      expect(JSON.parse(json)).toEqual({ list: elements, ...rest });
      expect(headers).toEqual({ type: "json", "Content-Length": String(Buffer.byteLength(json)) });
    }
  });

  test("of lines is decoded piece by piece: no turn makes more than one", async () => {
    const texts = Array.from({ length: 5_000 }, (_, i) => `line ${i} ${"x".repeat(i % 7 === 0 ? 700 : 20)}`);
    const cri = Buffer.from(texts.map((text) => `2026-11-20T04:17:44.960662Z stdout F ${text}\n`).join(""));
    const archive = { read: async () => [{ firstN: 1, count: texts.length, cri }] };
    const viewer = { user: "alice", uid: 1, admin: false };
    const at = { execution: { x: "x", node: "n", owner: "alice" }, from: 1, limit: 5_000 };
    const { pieces, next } = await readPage(archive as never, viewer, at as never);
    const { json, perTurn } = await sent({ name: "lines", pieces, rest: { next } });
    expect(JSON.parse(json).lines.map(({ text }: { text: string }) => text)).toEqual(texts);
    // JSON names the members of each line.
    expect(Math.max(...perTurn)).toBeLessThan(2 * PIECE_BYTES);
    expect(perTurn.length).toBeGreaterThan(15);
  });
});
