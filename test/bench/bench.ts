import { closeCleanupLevel, openCleanupLevel } from "../support/cleanup.ts";
import { type Spread, spread } from "./measure.ts";

/** Figures of one run, by the name of their metric. */
export type Figures = Readonly<Record<string, number>>;

/** One figure of a cell, and what it should be. */
export interface Metric {
  readonly name: string;
  readonly unit: string;
  /** `ratio`: ours beside theirs; `value`: ours alone. */
  readonly judge: "ratio" | "value";
  readonly goal: { readonly atLeast: number } | { readonly atMost: number } | undefined;
}

/** One line of the table: the same work done by us and by what a user would run instead. */
export interface Cell {
  readonly name: string;
  readonly metrics: readonly Metric[];
  ours(): Promise<Figures>;
  beside?(): Promise<Figures>;
}

export interface Case {
  readonly name: string;
  /** What is compared, and what makes it equal work. */
  readonly about: string;
  readonly besides: string;
  readonly cells: readonly Cell[];
}

export interface Result {
  readonly case: string;
  readonly cell: string;
  readonly metric: string;
  readonly unit: string;
  readonly ours: Spread;
  readonly beside: Spread | undefined;
  /** Ours divided by theirs, pair by pair. */
  readonly ratio: Spread | undefined;
  readonly goal: Metric["goal"];
  readonly isMet: boolean;
}

/** Runs a cell's two sides in turn, so that a machine whose speed drifts treats both alike. */
export async function measureCell(name: string, cell: Cell, rounds: number): Promise<Result[]> {
  const [ours, beside]: [Figures[], Figures[]] = [[], []];
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
  const of = (figures: readonly Figures[]) => figures.map((figure) => figure[metric.name] ?? Number.NaN);
  const [ours, beside] = [of(run.ours), of(run.beside)];
  const hasBeside = beside.some((value) => !Number.isNaN(value));
  const ratio = hasBeside ? spread(ours.map((value, i) => value / (beside[i] ?? Number.NaN))) : undefined;
  const judged = metric.judge === "ratio" ? (ratio?.median ?? Number.NaN) : spread(ours).median;
  const { goal } = metric;
  const isMet = goal === undefined || ("atLeast" in goal ? judged >= goal.atLeast : judged <= goal.atMost);
  const besideSpread = hasBeside ? spread(beside) : undefined;
  const names = { case: run.name, cell: run.cell.name, metric: metric.name, unit: metric.unit };
  return { ...names, ours: spread(ours), beside: besideSpread, ratio, goal, isMet };
}

/** Everything that a run started is ended when it is over, before the next begins. */
async function cleanly<T>(act: () => Promise<T>): Promise<T> {
  openCleanupLevel();
  try {
    return await act();
  } finally {
    await closeCleanupLevel();
  }
}
