import { describe, expect, test } from "vitest";
import { formatTimePosition, parseTimePosition } from "../../ui/src/log/feed/log-position.ts";
import type { Place } from "../../ui/src/url-state.ts";
import { formatPlace, LIST, LOG_DEFAULTS, parseLineNumber, parsePlace } from "../../ui/src/url-state.ts";

const X = "01JC0000000000000000000000";

describe("a place and its address", () => {
  const cases: [address: string, place: Place][] = [
    ["", LIST],
    ["?node=n1&state=failed&q=a+b%26c", { view: "list", node: "n1", state: "failed", q: "a b&c" }],
    ["?lines=a+b", { ...LIST, lines: "a b" }],
    ["?lines=", { ...LIST, lines: "" }],
    [`?x=${X}`, { view: "execution", x: X, node: "", ...LOG_DEFAULTS }],
    [`?x=${X}&owner=alice&node=n1`, { view: "execution", x: X, owner: "alice", node: "n1", ...LOG_DEFAULTS }],
    [
      `?x=${X}&node=n1&stream=stderr&find=x&how=cw&wrap=1&time=utc&line=12-15&top=5&q=err`,
      {
        ...{ view: "execution", x: X, node: "n1", stream: "stderr", wrap: true, time: "utc" },
        ...{ line: 12, lineTo: 15, mark: "", clock: undefined, top: "5", q: "err", find: "x", how: "cw" },
      },
    ],
    [
      `?job=train&line=7&mark=t_${X}_7`,
      { view: "job", job: "train", node: "", ...LOG_DEFAULTS, line: 7, mark: `t_${X}_7` },
    ],
    ["?job=train&owner=alice", { view: "job", job: "train", owner: "alice", node: "", ...LOG_DEFAULTS }],
    ["?job=train&run=4711.2&node=n1", { view: "job", job: "train", run: "4711.2", node: "n1", ...LOG_DEFAULTS }],
    ["?job=train&run=*&clock=node", { view: "job", job: "train", run: "*", node: "", ...LOG_DEFAULTS, clock: "node" }],
    ["?job=a%2Fb+c&wrap=0", { view: "job", job: "a/b c", node: "", ...LOG_DEFAULTS, wrap: false }],
  ];
  test.each(cases)("%s", (address, place) => {
    expect(parsePlace(address)).toEqual(place);
    expect(formatPlace(place)).toBe(address);
  });

  test.each([
    ["?x=nonsense", LIST],
    ["?state=asleep", LIST],
    [`?x=${X}&stream=stdin&time=never&line=-3`, { view: "execution", x: X, node: "", ...LOG_DEFAULTS }],
    ["?job=", LIST],
    ["?job=j&run=a+b&clock=mine", { view: "job", job: "j", node: "", ...LOG_DEFAULTS }],
    [`?q=${"a".repeat(300)}`, { ...LIST, q: "a".repeat(256) }],
  ])("ignores unknown parts of %s", (address, place) => {
    expect(parsePlace(address)).toEqual(place);
  });
});

test.each([
  ["123", 123],
  ["#123", 123],
  ["L123", 123],
  ["1,234,567", 1_234_567],
  [" 5 ", 5],
  ["0", undefined],
  ["", undefined],
  ["12a", undefined],
  ["9".repeat(16), undefined],
])("a line number typed as %j", (text, n) => {
  expect(parseLineNumber(text)).toBe(n);
});

test("a place in a job: a time, and a row of that time", () => {
  const [time, x, n] = ["2026-11-20T04:17:44.960662Z", X, 123];
  expect(parseTimePosition(formatTimePosition({ time, x, n }))).toEqual({ at: "time", time, row: { x, n } });
  expect(parseTimePosition(time)).toEqual({ at: "time", time, row: undefined });
  expect(parseTimePosition("nonsense_1_2")).toBeUndefined();
});
