import type { ExecutionState } from "../../src/wire/api.ts";
import { parseState } from "../../src/wire/api.ts";
import { parseExecutionId } from "../../src/wire/ids.ts";
import { WIRE_LIMITS } from "../../src/wire/limits.ts";
import { parseRunId } from "../../src/wire/run-id.ts";
import type { StreamName } from "../../src/wire/stream-name.ts";
import { parseStream } from "../../src/wire/stream-name.ts";

export const LIST_SORTS = ["newest", "problems", "longest"] as const;
export type ListSort = (typeof LIST_SORTS)[number];

export const TIME_MODES = ["local", "utc", "relative", "off"] as const;
export type TimeMode = (typeof TIME_MODES)[number];

/** Pages shown instead of the list. */
const PAGES = ["nodes", "account"] as const;

export const SIDE_MODES = ["time", "text"] as const;
export type SideMode = (typeof SIDE_MODES)[number];

export interface ListPlace {
  readonly view: "list";
  readonly page?: (typeof PAGES)[number] | undefined;
  /** Instead of the list: lines of all executions that match this. */
  readonly lines?: string;
  readonly q: string;
  readonly node: string;
  readonly state: ExecutionState | undefined;
  /** Undefined: newest first. */
  readonly sort?: ListSort | undefined;
}

/** How the log is viewed. All of it is in the URL, so that a reload or a colleague sees the same. */
export interface LogPlace {
  readonly stream: StreamName | undefined;
  /** Only lines that match this. */
  readonly q: string;
  /** The text to find among the lines shown. */
  readonly find: string;
  /** How `q` and `find` are read: c, with regard to case; w, whole words. */
  readonly how: string;
  /** Undefined: chosen by screen size. */
  readonly wrap: boolean | undefined;
  readonly time: TimeMode | undefined;
  /** The marked line, or the first one of several; 0 for none. */
  readonly line: number;
  /** The last one of several marked lines; 0 for one line or none. */
  readonly lineTo: number;
  /** In a job: the marked line's time, execution and number. */
  readonly mark: string;
  /** Undefined: a job's times are corrected by known differences of nodes' clocks. */
  readonly clock: "node" | undefined;
  /** The line at the top of the view: n for an execution, a time for a job. Empty: at the end, following. */
  readonly top: string;
}

export interface ExecutionPlace extends LogPlace {
  readonly view: "execution";
  readonly x: string;
  /** The owner, where that is not the viewer: of what others share, and for administrators. */
  readonly owner?: string;
  /** Empty if the link names none; the collector then picks the newest. */
  readonly node: string;
}

export interface JobPlace extends LogPlace {
  readonly view: "job";
  readonly job: string;
  /** One launch of it, or `ALL_RUNS`; undefined: the newest. */
  readonly run?: string;
  /** The owner, where that is not the viewer: of what others share, and for administrators. */
  readonly owner?: string;
  /** Only lines of this node; empty for all. */
  readonly node: string;
  /** Lines that many executions print are one row. */
  readonly fold?: true | undefined;
  /** A column for each execution, aligned by time or by equal lines. */
  readonly side?: SideMode | undefined;
  /** The label that names an execution beside its lines; undefined: its node. */
  readonly gutter?: string | undefined;
  /** Only these executions, by their ids. */
  readonly only?: readonly string[] | undefined;
}

/** Most executions that an address may name: each costs a request. */
const MAX_ONLY = 64;

/** All runs of a job at once. No run has this name. */
export const ALL_RUNS = "*";

export type Place = ListPlace | ExecutionPlace | JobPlace;

export const LIST: ListPlace = { view: "list", q: "", node: "", state: undefined };
export const LOG_DEFAULTS: LogPlace = {
  stream: undefined,
  q: "",
  find: "",
  how: "",
  wrap: undefined,
  time: undefined,
  line: 0,
  lineTo: 0,
  mark: "",
  clock: undefined,
  top: "",
};

/** Parses the query part of the viewer's address. Ignores what it does not understand. */
export function parsePlace(search: string): Place {
  const query = new URLSearchParams(search);
  const text = (name: string): string => query.get(name) ?? "";
  const x = parseExecutionId(text("x"));
  const owner = text("owner") === "" ? {} : { owner: text("owner") };
  if (x !== undefined) return { view: "execution", x, ...owner, node: text("node"), ...parseLogPlace(text) };
  if (text("job") !== "") {
    const run = text("run") === ALL_RUNS ? ALL_RUNS : parseRunId(text("run"));
    const which = run === undefined ? owner : { run, ...owner };
    const only = text("only")
      .split(",", MAX_ONLY)
      .flatMap((id) => parseExecutionId(id) ?? []);
    const gutter = text("gutter").slice(0, WIRE_LIMITS.maxLabelKeyCharacters);
    const side = SIDE_MODES.find((mode) => mode === text("side"));
    const chosen = {
      ...which,
      ...(only.length === 0 ? {} : { only }),
      ...(text("fold") === "1" ? ({ fold: true } as const) : {}),
      ...(gutter === "" ? {} : { gutter }),
      ...(side === undefined ? {} : { side }),
    };
    return { view: "job", job: text("job"), ...chosen, node: text("node"), ...parseLogPlace(text) };
  }
  const q = text("q").slice(0, WIRE_LIMITS.maxSearchCharacters);
  const sort = LIST_SORTS.find((each) => each === text("sort"));
  const lines = query.get("lines");
  const page = PAGES.find((each) => each === text("page"));
  const list = { view: "list", q, node: text("node"), state: parseState(text("state")) } as const;
  return {
    ...list,
    ...(page === undefined ? {} : { page }),
    ...(sort === undefined ? {} : { sort }),
    ...(lines === null ? {} : { lines }),
  };
}

/** The query part for a place, without defaults. Empty or starting with `?`. */
export function formatPlace(place: Place): string {
  const query = new URLSearchParams();
  const set = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== "") query.set(name, value);
  };
  if (place.view === "execution") set("x", place.x);
  if (place.view === "job") {
    set("job", place.job);
    set("run", place.run);
    set("fold", place.fold === true ? "1" : "");
    set("gutter", place.gutter);
    set("side", place.side);
    set("only", place.only?.slice(0, MAX_ONLY).join(","));
  }
  if (place.view !== "list") set("owner", place.owner);
  set("node", place.node);
  if (place.view === "list") {
    set("page", place.page);
    set("state", place.state);
    set("sort", place.sort);
    // Set even while nothing is typed.
    if (place.lines !== undefined) query.set("lines", place.lines);
  } else {
    set("stream", place.stream);
    set("find", place.find);
    set("how", place.how);
    set("wrap", place.wrap === undefined ? "" : place.wrap ? "1" : "0");
    set("time", place.time);
    set("clock", place.clock);
    set("line", formatLines(place));
    set("mark", place.mark);
    set("top", place.top);
  }
  set("q", place.q);
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

function parseLogPlace(text: (name: string) => string): LogPlace {
  return {
    stream: parseStream(text("stream")),
    q: text("q"),
    find: text("find"),
    how: text("how").replace(/[^cw]/g, ""),
    wrap: text("wrap") === "" ? undefined : text("wrap") !== "0",
    time: TIME_MODES.find((mode) => mode === text("time")),
    ...parseLines(text("line")),
    mark: text("mark"),
    clock: text("clock") === "node" ? "node" : undefined,
    top: text("top"),
  };
}

/** `12`, or `5-9`. */
function formatLines({ line, lineTo }: LogPlace): string {
  if (line === 0) return "";
  return lineTo > line ? `${line}-${lineTo}` : String(line);
}

function parseLines(text: string): Pick<LogPlace, "line" | "lineTo"> {
  const [from, to] = text.split("-").map(parseLineNumber);
  return { line: from ?? 0, lineTo: from !== undefined && to !== undefined && to > from ? to : 0 };
}

/** A line number as people type it: `123`, `#123`, `L123`, `1,234`. */
export function parseLineNumber(text: string): number | undefined {
  const digits = text.replace(/[\s,._'#L]/gi, "");
  if (!/^\d{1,15}$/.test(digits)) return undefined;
  const n = Number(digits);
  return n > 0 ? n : undefined;
}
