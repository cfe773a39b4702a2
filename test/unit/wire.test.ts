import { describe, expect, it } from "vitest";
import { parseBegin, parseKeyless } from "../../src/wire/begin.ts";
import { parseEnd } from "../../src/wire/end.ts";
import { parseClientMessage } from "../../src/wire/live.ts";

const NONE = { stdout: 0, stderr: 0 };
const END = {
  code: 0,
  signal: null,
  endedAt: "2026-11-20T04:17:44.960662Z",
  lines: NONE,
  printed: NONE,
  thinned: NONE,
  dropped: NONE,
  cutShort: false,
};

describe("an END", () => {
  it.each([{ code: 0 }, { code: 255 }, { code: null, signal: "SIGKILL" }])("may say %j", (how) => {
    expect(parseEnd(JSON.stringify({ ...END, ...how }))).toEqual({ ...END, ...how });
  });

  it.each([
    { code: 0, signal: "SIGKILL" },
    { code: null, signal: null },
    { endedAt: "2026-11-20 (anything <b>at all</b>)" },
    { endedAt: "2026-11-20" },
    { endedAt: "2026-99-20T04:17:44.960662Z" },
    { endedAt: null },
  ])("may not say %j", (how) => {
    expect(parseEnd(JSON.stringify({ ...END, ...how }))).toBeUndefined();
  });
});

describe("a subscription", () => {
  const X = "01ARZ3NDEKTSV4RRFFQ69G5FA0";
  const parse = (what: unknown) =>
    parseClientMessage(JSON.stringify({ t: "subscribe", id: 1, what, from: 1, lines: true }));

  it.each([{ job: "j" }, { job: "j", owner: "bob" }, { x: X }, { x: X, node: "node1", owner: "bob" }, { all: true }])(
    "is to %j",
    (what) => {
      expect(parse(what)).toMatchObject({ what });
    },
  );

  it.each([
    { job: "j", owner: 5 },
    { job: "j", owner: null },
    { job: "j", owner: "o".repeat(127) },
    { x: X, node: 7 },
    { x: X, node: "n".repeat(254) },
    { x: X, owner: ["bob"] },
  ])("is refused instead of widened: %j", (what) => {
    expect(parse(what)).toBeUndefined();
  });
});

describe("a BEGIN", () => {
  const PARENT = "01ARZ3NDEKTSV4RRFFQ69G5FA1";
  const BEGIN = {
    v: 1,
    x: "01ARZ3NDEKTSV4RRFFQ69G5FA0",
    k: "AAAAAAAAAAAAAAAAAAAAAA",
    job: "train",
    argv: ["./a"],
    cwd: "/",
    labels: {},
    startedAt: "2026-11-20T04:17:44.960662Z",
    node: "node1",
    pid: 1,
  };

  it.each([
    {},
    { run: "4711.2" },
    { run: "4711[].pbs.example.org:3" },
    { run: "2026-11-30T05:00+01:00" },
    { run: "r".repeat(64) },
    { parent: PARENT },
    { parent: PARENT, within: { stdout: "stdout" } },
    { within: { stdout: "stderr", stderr: "stderr" } },
    { user: "alice" },
    { user: "EXAMPLE\\alice" },
  ])("may say %j", (how) => {
    expect(parseBegin(JSON.stringify({ ...BEGIN, ...how }))).toEqual({ ...BEGIN, ...how });
  });

  it.each([
    { run: "" },
    { run: "r".repeat(65) },
    { run: "with space" },
    { run: "-r" },
    { run: "a\u001b[2J" },
    { run: 4711 },
    { parent: "node1" },
    { within: PARENT },
    { within: {} },
    { within: { stdout: "stdin" } },
    { user: "" },
    { user: "al\nice" },
    { user: "u".repeat(127) },
    { user: null },
  ])("keeps its lines without a malformed member: %j", (how) => {
    const [member] = Object.keys(how);
    const begin = parseBegin(JSON.stringify({ ...BEGIN, ...how }));
    expect(begin).toEqual({ ...BEGIN, cut: [member] });
    expect(parseKeyless(begin)).toMatchObject({ cut: [member] });
  });
});
