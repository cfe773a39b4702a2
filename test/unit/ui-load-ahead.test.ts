import { expect, test } from "vitest";
import type { Item } from "../../ui/src/log/feed/log-row.ts";
import { LoadAhead } from "../../ui/src/log/view/load-ahead.ts";

const FEED = { isReady: true, isLoading: false, hasRoom: true, hasEarlier: true, hasLater: true };
const ITEMS: readonly Item[] = Array.from({ length: 200 }, (_, at) => {
  return { kind: "hole", source: 0, n: at + 1, to: at + 1, time: "" };
});
const OPENED = { items: ITEMS, topIndex: 0, bottomIndex: 40 };

test("pages around an opened place wait until the view has rested there", () => {
  const ahead = new LoadAhead();
  ahead.arrived();
  expect(ahead.next(FEED, OPENED)).toBeUndefined();
  expect(ahead.next(FEED, { items: ITEMS, topIndex: 160, bottomIndex: 199 })).toBeUndefined();
  ahead.rested();
  expect(ahead.next(FEED, OPENED)).toBe("end");
});

test("they come at once when the reader moves", () => {
  const ahead = new LoadAhead();
  ahead.arrived();
  ahead.moved("end");
  expect(ahead.next(FEED, OPENED)).toBe("end");
});

test("they come at once while the screen has room for them", () => {
  const ahead = new LoadAhead();
  ahead.arrived();
  expect(ahead.next(FEED, { items: ITEMS.slice(0, 20), topIndex: 0, bottomIndex: 19 })).toBe("end");
  expect(ahead.next(FEED, { items: [], topIndex: 0, bottomIndex: -1 })).toBe("end");
});
