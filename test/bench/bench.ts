import { closeCleanupLevel, openCleanupLevel } from "../support/cleanup.ts";
import { type Spread, spread } from "./statistics.ts";

/** Figures of one run, by metric. */
export type Figures = Readonly<Record<string, number>>;

/** One figure of a cell, and its goal. */
export interface Metric {
  readonly name: string;
  readonly unit: string;
  /** `ratio`: ours divided by theirs; `difference`: ours minus theirs; `value`: ours alone. */
  readonly judge: "ratio" | "difference" | "value";
  /** Undefined: reported only. */
  readonly goal?: Goal;
}

export type Goal = { readonly atLeast: number } | { readonly atMost: number };

/** One line of the table: the same work done by us and by what a user would run instead. */
export interface Cell {
  readonly name: string;
  readonly metrics: readonly Metric[];
  /** Why it cannot be measured on this machine. */
  readonly skip?: string | undefined;
  /** Prepares all rounds, once and unmeasured. Processes that it starts end before the first round. */
  prepare?(): Promise<void>;
  ours(): Promise<Figures>;
  beside?(): Promise<Figures>;
}

export interface Case {
  readonly name: string;
  /** The comparison, and why both sides do equal work. */
  readonly about: string;
  readonly besides: string;
  readonly cells: readonly Cell[];
}

export interface Result {
  readonly case: string;
  readonly cell: string;
  readonly metric: string;
  readonly unit: string;
  readonly judge: Metric["judge"];
  readonly ours: Spread;
  readonly beside: Spread | undefined;
  /** Ours divided by theirs or, where differences are judged, ours minus theirs: pair by pair. */
  readonly compared: Spread | undefined;
  /** The figure that the goal judges. */
  readonly judged: Spread;
  readonly goal: Goal | undefined;
  readonly isMet: boolean;
}

/** Runs a cell's two sides in turn, so that a machine whose speed drifts treats both alike. */
export async function measureCell(name: string, cell: Cell, rounds: number): Promise<Result[]> {
  const [ours, beside]: [Figures[], Figures[]] = [[], []];
  await cleanly(async () => cell.prepare?.());
  for (let i = 0; i < rounds; i += 1) {
    ours.push(await cleanly(() => cell.ours()));
    if (cell.beside !== undefined) beside.push(await cleanly(() => cell.beside?.() ?? Promise.resolve({})));
  }
  return cell.metrics.map((metric) => judge({ name, cell, metric, ours, beside }));
}

function judge(run: {
  name: string;
  cell: Cell;
  metric: Metric;
  ours: readonly Figures[];
  beside: readonly Figures[];
}): Result {
  const { metric } = run;
  const { goal } = metric;
  const of = (figures: readonly Figures[]) => figures.map((figure) => figure[metric.name] ?? Number.NaN);
  const [ours, beside] = [of(run.ours), of(run.beside)];
  const hasBeside = beside.some((value) => !Number.isNaN(value));
  const compare = (value: number, theirs: number) => (metric.judge === "difference" ? value - theirs : value / theirs);
  const compared = hasBeside ? spread(ours.map((value, i) => compare(value, beside[i] ?? Number.NaN))) : undefined;
  const nothing = { median: Number.NaN, min: Number.NaN, max: Number.NaN };
  const judged = metric.judge === "value" ? spread(ours) : (compared ?? nothing);
  const isMet =
    goal === undefined || ("atLeast" in goal ? judged.median >= goal.atLeast : judged.median <= goal.atMost);
  return {
    case: run.name,
    cell: run.cell.name,
    metric: metric.name,
    unit: metric.unit,
    judge: metric.judge,
    ours: spread(ours),
    beside: hasBeside ? spread(beside) : undefined,
    compared,
    judged,
    goal,
    isMet,
  };
}

/** Ends everything that a run started before the next begins. */
export async function cleanly<T>(act: () => Promise<T>): Promise<T> {
  openCleanupLevel();
  try {
    return await act();
  } finally {
    await closeCleanupLevel();
  }
}
