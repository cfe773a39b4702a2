import type { Execution, ExecutionName, ExecutionPage, JobSummary } from "../../src/wire/api.ts";
import type { Board } from "../../src/wire/board.ts";
import type { ExecutionQuery, RunQuery } from "../../src/wire/execution-query.ts";
import type { NodeSummary } from "../../src/wire/node-summary.ts";
import type { RunLinesPage } from "../../src/wire/run-lines.ts";
import type { RunTimes } from "../../src/wire/run-times.ts";
import type { RunPage } from "../../src/wire/runs.ts";
import { SeveralOwnersError } from "../../src/wire/several-owners-error.ts";
import type { StreamLooks } from "../../src/wire/stream-looks.ts";
import type { StreamName } from "../../src/wire/stream-name.ts";
import type { UserMismatch } from "../../src/wire/user-mismatch.ts";

export interface FakeViewer {
  readonly user: string;
  readonly uid: number;
  readonly admin: boolean;
}

interface Lines {
  readonly firstN: number;
  readonly count: number;
  readonly cri: Buffer;
}

const ONE_RUNS = { executions: 1, running: 1, finished: 0, failed: 0, lost: 0 };
const TIME = "2026-11-20T04:17:44.960662Z";

/** One execution in memory: its stored lines, and its updates for the hub. */
export class FakeExecution {
  readonly owner: string;
  readonly job: string;
  readonly run: string;
  readonly x: string;
  readonly node: string;
  readonly command: string;
  readonly stored = new Map<number, string>();
  state: Execution["state"] = "running";

  constructor(options: { x: string; owner?: string; job?: string; run?: string; node?: string; command?: string }) {
    this.x = options.x;
    this.run = options.run ?? options.x;
    this.owner = options.owner ?? "alice";
    this.job = options.job ?? "train";
    this.node = options.node ?? "node1";
    this.command = options.command ?? "sh";
  }

  /** Stores lines `from` to `to`, and returns them as they are published. */
  store(from: number, to: number, text = (n: number) => `line ${n}`): Lines {
    for (let n = from; n <= to; n += 1)
      this.stored.set(n, `${TIME} ${n % 5 === 0 ? "stderr" : "stdout"} F ${text(n)}\n`);
    return this.lines(from, to);
  }

  lines(from: number, to: number): Lines {
    const all = Array.from({ length: to - from + 1 }, (_, i) => this.stored.get(from + i) ?? "");
    return { firstN: from, count: all.length, cri: Buffer.from(all.join("")) };
  }

  get lastN(): number {
    return Math.max(0, ...this.stored.keys());
  }

  summary(): Execution {
    const { x, job, run, node, owner, state, lastN } = this;
    const ends = { code: null, signal: null, endedAt: null, missing: [], thinned: 0, dropped: 0 };
    const counts = { lines: this.stored.size, bytes: 0, lastN };
    const begun = { command: this.command, argv: [this.command], labels: {}, startedAt: TIME };
    return { x, job, run, node, owner, state, delivery: "receiving", ...begun, ...ends, ...counts };
  }
}

/** The store's reading side in memory. `pause` is awaited before and after each answer is made. */
export class FakeArchive {
  readonly executions: FakeExecution[] = [];
  readonly #answers: string[] = [];
  pause: () => Promise<void> = async () => undefined;
  /** Most lines of one answer, whatever the request. */
  maxReadLines = Number.POSITIVE_INFINITY;

  add(options: ConstructorParameters<typeof FakeExecution>[0]): FakeExecution {
    const execution = new FakeExecution(options);
    this.executions.push(execution);
    return execution;
  }

  /** How many answers to a call were made, delivered or not. */
  answers(call: "list" | "get" | "read"): number {
    return this.#answers.filter((each) => each === call).length;
  }

  async list(viewer: FakeViewer, query: ExecutionQuery): Promise<ExecutionPage> {
    return this.#answer("list", () => {
      const mine = this.executions.filter((each) => sees(viewer, each));
      const wanted = mine
        .filter(({ job }) => query.job === undefined || query.job === job)
        .filter(({ run }) => query.run === undefined || query.run === run)
        .filter(({ owner }) => query.owner === undefined || query.owner === owner);
      const newestFirst = wanted.map((each) => each.summary()).sort((a, b) => (a.x < b.x ? 1 : -1));
      const page = newestFirst.filter(({ x }) => query.before === undefined || x < query.before);
      const executions = page.slice(0, query.limit);
      return { executions, next: page.length > query.limit ? (executions.at(-1)?.x ?? null) : null };
    });
  }

  async get(viewer: FakeViewer, name: ExecutionName): Promise<Execution | undefined> {
    return this.#answer("get", () => this.#find(viewer, name)?.summary());
  }

  /** All lines are without colours. */
  async looks(viewer: FakeViewer, name: ExecutionName): Promise<StreamLooks | undefined> {
    return this.#find(viewer, name) === undefined ? undefined : { stdout: "", stderr: "" };
  }

  async remove(viewer: FakeViewer, name: ExecutionName): Promise<"removed" | "running" | "missing"> {
    const found = this.#find(viewer, name);
    if (found === undefined) return "missing";
    if (found.state === "running") return "running";
    this.executions.splice(this.executions.indexOf(found), 1);
    return "removed";
  }

  async read(
    viewer: FakeViewer,
    at: ExecutionName & { from: number; maxLines: number; maxBytes: number },
  ): Promise<readonly Lines[]> {
    return this.#answer("read", () => {
      const execution = this.#find(viewer, at);
      const numbers = [...(execution?.stored.keys() ?? [])].filter((n) => n >= at.from).sort((a, b) => a - b);
      const pieces: Lines[] = [];
      for (const n of numbers.slice(0, Math.min(at.maxLines, this.maxReadLines))) {
        const line = execution?.lines(n, n);
        const last = pieces.at(-1);
        if (line === undefined) continue;
        if (last === undefined || last.firstN + last.count !== n) pieces.push(line);
        else pieces.splice(-1, 1, joined(last, line));
        if (pieces.reduce((sum, { cri }) => sum + cri.length, 0) >= at.maxBytes) break;
      }
      return pieces;
    });
  }

  async *raw(viewer: FakeViewer, what: ExecutionName & { stream?: StreamName }): AsyncGenerator<Buffer> {
    const execution = this.#find(viewer, what);
    for (const line of execution?.stored.values() ?? []) {
      await this.pause();
      if (what.stream === undefined || line.slice(28, 34) === what.stream) yield Buffer.from(line.slice(37));
    }
  }

  async nodes(viewer: FakeViewer): Promise<readonly NodeSummary[]> {
    const names = new Set(this.executions.filter((each) => sees(viewer, each)).map(({ node }) => node));
    return [...names].map((node) => ({ node, executions: 1, running: 1, lastStartedAt: TIME }));
  }

  async jobs(viewer: FakeViewer): Promise<readonly JobSummary[]> {
    const mine = this.executions.filter((each) => sees(viewer, each));
    const jobs = new Map(mine.map(({ job, owner }) => [`${owner} ${job}`, { job, owner }]));
    return [...jobs.values()].map(({ job, owner }) => ({
      job,
      owner,
      runs: 1,
      ...ONE_RUNS,
      startedAt: TIME,
    }));
  }

  async userMismatches({ admin }: FakeViewer): Promise<readonly UserMismatch[]> {
    return admin ? [{ node: "node1", uid: 1001, there: "bob", here: "alice" }] : [];
  }

  async runs(viewer: FakeViewer, { job, limit }: RunQuery): Promise<RunPage> {
    const mine = this.executions.filter((each) => sees(viewer, each) && (job ?? each.job) === each.job);
    const runs = mine.slice(0, limit).map(({ owner, job, run }) => ({ owner, job, run, ...ONE_RUNS }));
    return { runs: runs.map((run) => ({ ...run, startedAt: TIME, lastAt: TIME })), next: null };
  }

  async runLines(): Promise<RunLinesPage | undefined> {
    return { executions: [], lines: [], isMore: false };
  }

  async board(
    viewer: FakeViewer,
    { job, run, owner }: { job: string; run: string; owner: string | undefined },
  ): Promise<Board | undefined> {
    const mine = this.executions.filter((each) => sees(viewer, each) && each.job === job && each.run === run);
    const [first] = mine.filter((each) => (owner ?? each.owner) === each.owner);
    if (first === undefined) return undefined;
    const cells = mine.map(({ x, node, state, lastN }) => ({ x, node, state, lastN }));
    const findings = { first: null, silent: [], silentCount: 0, usualMs: null };
    return { job, run, owner: first.owner, cells, isPartial: false, ...findings };
  }

  async runTimes(
    viewer: FakeViewer,
    name: { job: string; run: string; owner: string | undefined },
  ): Promise<RunTimes | undefined> {
    const board = await this.board(viewer, name);
    return board === undefined ? undefined : { owner: board.owner, fromMs: 0, sizeMs: 1, counts: [], failures: [] };
  }

  #find(viewer: FakeViewer, { x, node, owner }: ExecutionName): FakeExecution | undefined {
    const found = this.executions
      .filter((each) => each.x === x && (node ?? each.node) === each.node && sees(viewer, each))
      .filter((each) => (owner ?? each.owner) === each.owner);
    const owners = [...new Set(found.map((each) => each.owner))];
    if (owners.length > 1) throw new SeveralOwnersError(`execution ${x}`, owners.sort());
    return found[0];
  }

  async #answer<T>(call: string, make: () => T): Promise<T> {
    await this.pause();
    const answer = make();
    this.#answers.push(call);
    await this.pause();
    return answer;
  }
}

function sees(viewer: FakeViewer, execution: FakeExecution): boolean {
  return viewer.admin || viewer.user === execution.owner;
}

function joined(a: Lines, b: Lines): Lines {
  return { firstN: a.firstN, count: a.count + b.count, cri: Buffer.concat([a.cri, b.cri]) };
}
