import type { Execution, ExecutionName, ExecutionPage, JobSummary } from "../wire/api.ts";
import type { Board } from "../wire/board.ts";
import type { ExecutionQuery, RunQuery } from "../wire/execution-query.ts";
import type { NodeSummary } from "../wire/node-summary.ts";
import type { RunLinesPage, RunLinesQuery } from "../wire/run-lines.ts";
import type { RunTimes } from "../wire/run-times.ts";
import type { RunPage } from "../wire/runs.ts";
import { SeveralOwnersError } from "../wire/several-owners-error.ts";
import type { StreamLooks } from "../wire/stream-looks.ts";
import type { StreamName } from "../wire/stream-name.ts";
import type { UserMismatch } from "../wire/user-mismatch.ts";
import type { Seen, Viewer } from "../wire/viewer.ts";
import { type Grants, seenWith } from "./grants.ts";
import type { OwnArchive, RunToBoard } from "./ports.ts";
import { mergedPage, narrowed, pageOfOne } from "./shared-list.ts";
import { isAbout, type StoredShare } from "./stored-share.ts";

/** An execution of another user, which its owner reads for the viewer. */
interface Shared {
  readonly owner: Viewer;
  readonly name: ExecutionName;
  readonly execution: Execution;
}

/**
 * The archive with everything that others share: the only place that lets somebody read another user's execution. A
 * shared execution is read as its owner reads it, never more than that. Every change goes to the archive unchanged, as
 * the viewer, for whom a shared execution does not exist.
 */
export class SharedArchive<Lines, Open> implements OwnArchive<Lines, Open> {
  readonly #own: OwnArchive<Lines, Open>;
  readonly #grants: Grants;

  constructor(own: OwnArchive<Lines, Open>, grants: Grants) {
    this.#own = own;
    this.#grants = grants;
  }

  /** The executions whose live messages a viewer may get. */
  async seenBy(viewer: Viewer): Promise<readonly Seen[]> {
    return seenWith(viewer, await this.#grants.of(viewer));
  }

  async list(viewer: Viewer, query: ExecutionQuery): Promise<ExecutionPage> {
    const [own = {}, ...shared] = isOwn(viewer, query) ? [] : await this.seenBy(viewer);
    const parts = shared.flatMap((part) => {
      const asked = narrowed(query, part);
      return asked === undefined ? [] : [{ part, asked }];
    });
    if (parts.length === 0) return this.#own.list(viewer, query);
    const isOwnAsked = narrowed(query, own) !== undefined;
    const first = isOwnAsked ? [await this.#own.list(viewer, query)] : [];
    const others = await Promise.all(parts.map(({ part, asked }) => this.#page(part, asked)));
    const page = mergedPage([...first, ...others], query.limit);
    const owners = new Set(page.executions.map(({ owner }) => owner));
    if (query.run !== undefined && owners.size > 1)
      throw new SeveralOwnersError(`job ${query.job ?? ""}`, [...owners].sort());
    const refused = first[0]?.refused;
    return refused === undefined ? page : { ...page, refused };
  }

  async get(viewer: Viewer, name: ExecutionName): Promise<Execution | undefined> {
    return (await this.#ownOne(viewer, name)) ?? (await this.#shared(viewer, name))?.execution;
  }

  async read(
    viewer: Viewer,
    at: ExecutionName & { from: number; maxLines: number; maxBytes: number },
  ): Promise<readonly Lines[]> {
    const shared = await this.#sharedUnlessOwn(viewer, at);
    return shared === undefined ? this.#own.read(viewer, at) : this.#own.read(shared.owner, { ...at, ...shared.name });
  }

  async looks(viewer: Viewer, at: ExecutionName & { n: number }): Promise<StreamLooks | null | undefined> {
    const shared = await this.#sharedUnlessOwn(viewer, at);
    return this.#own.looks(shared?.owner ?? viewer, { ...at, ...shared?.name });
  }

  async open(viewer: Viewer, at: ExecutionName & { from: number }): Promise<Open | undefined> {
    const shared = await this.#sharedUnlessOwn(viewer, at);
    return shared === undefined ? this.#own.open(viewer, at) : this.#own.open(shared.owner, { ...at, ...shared.name });
  }

  /** Ends where a share ends. */
  async *raw(viewer: Viewer, what: ExecutionName & { stream?: StreamName }): AsyncGenerator<Buffer> {
    const shared = await this.#sharedUnlessOwn(viewer, what);
    if (shared === undefined) {
      yield* this.#own.raw(viewer, what);
      return;
    }
    for await (const bytes of this.#own.raw(shared.owner, { ...what, ...shared.name })) {
      if (!covers(await this.#grants.of(viewer), shared.execution))
        throw new Error("The execution is not shared any more");
      yield bytes;
    }
  }

  remove(viewer: Viewer, name: ExecutionName): Promise<"removed" | "running" | "missing"> {
    return this.#own.remove(viewer, name);
  }

  nodes(viewer: Viewer): Promise<readonly NodeSummary[]> {
    return this.#own.nodes(viewer);
  }

  userMismatches(viewer: Viewer): Promise<readonly UserMismatch[]> {
    return this.#own.userMismatches(viewer);
  }

  /** The viewer's own jobs, and those of others that are shared as a whole. */
  async jobs(viewer: Viewer): Promise<readonly JobSummary[]> {
    const own = await this.#own.jobs(viewer);
    const whole = (await this.#grants.of(viewer)).filter(({ what }) => what.run === undefined);
    const owners = new Map(whole.map((share) => [share.owner, asOwner(share)]));
    const theirs = await Promise.all([...owners.values()].map((owner) => this.#own.jobs(owner)));
    const isShared = ({ owner, job }: JobSummary) =>
      whole.some((share) => share.owner === owner && share.what.job === job);
    return [...own, ...theirs.flat().filter(isShared)];
  }

  /** Another user's runs if the query names their job, and the owner where several have one. */
  async runs(viewer: Viewer, query: RunQuery): Promise<RunPage> {
    const { job, owner } = query;
    const own = await this.#own.runs(viewer, query);
    if (viewer.admin || job === undefined || owner === viewer.user || own.runs.length > 0) return own;
    const shares = (await this.#grants.of(viewer)).filter(
      (share) => share.what.job === job && (owner === undefined || share.owner === owner),
    );
    const owners = new Set(shares.map((share) => share.owner));
    if (owners.size > 1) throw new SeveralOwnersError(`job ${job}`, [...owners].sort());
    const [share] = shares;
    if (share === undefined) return own;
    const page = await this.#own.runs(asOwner(share), { ...query, owner: share.owner });
    // A run that is not shared as a whole is not shown: its counts are of all its executions.
    const isShared = (run: string) =>
      shares.some(({ what }) => !("x" in what) && (what.run === undefined || what.run === run));
    return { ...page, runs: page.runs.filter(({ run }) => isShared(run)) };
  }

  /** Shows another user's run only if the whole run is shared: a board shows all its executions. */
  board(viewer: Viewer, name: RunToBoard): Promise<Board | undefined> {
    return this.#ofRun(viewer, name, (as, run) => this.#own.board(as, run));
  }

  /** Like the board: it counts the lines of all executions. */
  runTimes(viewer: Viewer, name: RunToBoard): Promise<RunTimes | undefined> {
    return this.#ofRun(viewer, name, (as, run) => this.#own.runTimes(as, run));
  }

  async #ofRun<T>(
    viewer: Viewer,
    name: RunToBoard,
    ask: (viewer: Viewer, name: RunToBoard) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const { job, run, owner } = name;
    const own = isOwn(viewer, name) || owner === undefined ? await ask(viewer, name) : undefined;
    if (own !== undefined || isOwn(viewer, name)) return own;
    const shares = (await this.#grants.of(viewer)).filter(
      ({ what, ...share }) =>
        what.job === job && !("x" in what) && (what.run ?? run) === run && (owner ?? share.owner) === share.owner,
    );
    const answers = new Map<string, T>();
    for (const share of shares) {
      const answer = await ask(asOwner(share), { job, run, owner: share.owner });
      if (answer !== undefined) answers.set(share.owner, answer);
    }
    if (answers.size > 1) throw new SeveralOwnersError(`job ${job}`, [...answers.keys()].sort());
    return [...answers.values()][0];
  }

  /** Lines of another user's run: all of them if the whole run is shared, else those of the shared executions. */
  async runLines(viewer: Viewer, query: RunLinesQuery): Promise<RunLinesPage | undefined> {
    const own = isOwn(viewer, query) || query.owner === undefined ? await this.#own.runLines(viewer, query) : undefined;
    if (own !== undefined || isOwn(viewer, query)) return own;
    const shares = (await this.#grants.of(viewer)).filter(
      ({ what, ...share }) =>
        what.job === query.job &&
        (what.run === undefined || query.run === undefined || what.run === query.run) &&
        (query.owner ?? share.owner) === share.owner,
    );
    const owners = new Set(shares.map(({ owner }) => owner));
    if (owners.size > 1) throw new SeveralOwnersError(`job ${query.job}`, [...owners].sort());
    const [first] = shares;
    if (first === undefined) return undefined;
    const isWhole = shares.some(({ what }) => !("x" in what) && (what.run === undefined || what.run === query.run));
    const places = shares.flatMap(({ what }) => ("x" in what ? [{ x: what.x, node: what.node }] : []));
    return this.#own.runLines(asOwner(first), {
      ...query,
      owner: first.owner,
      ...(isWhole ? {} : { places }),
    });
  }

  async #page({ owner = "", x, node }: Seen, asked: ExecutionQuery): Promise<ExecutionPage> {
    const viewer = { user: owner, uid: -1, admin: false };
    if (x !== undefined) return pageOfOne(await this.#own.get(viewer, { x, node, owner }), asked);
    const { executions, next } = await this.#own.list(viewer, asked);
    return { executions, next };
  }

  async #ownOne(viewer: Viewer, name: ExecutionName): Promise<Execution | undefined> {
    const { owner } = name;
    return viewer.admin || owner === undefined || owner === viewer.user ? this.#own.get(viewer, name) : undefined;
  }

  /** Undefined if the viewer's own archive answers. */
  async #sharedUnlessOwn(viewer: Viewer, { x, node, owner }: ExecutionName): Promise<Shared | undefined> {
    const name = { x, node, owner };
    if (isOwn(viewer, name)) return undefined;
    if (owner === undefined && (await this.#own.get(viewer, name)) !== undefined) return undefined;
    return this.#shared(viewer, name);
  }

  /** The execution of this name that is shared with the viewer, if one is. */
  async #shared(viewer: Viewer, { x, node, owner }: ExecutionName): Promise<Shared | undefined> {
    if (isOwn(viewer, { owner })) return undefined;
    const shares = (await this.#grants.of(viewer)).filter((share) => owner === undefined || share.owner === owner);
    const found = new Map<string, Shared>();
    for (const share of shares) {
      const { what } = share;
      if ("x" in what && (what.x !== x || (node !== undefined && what.node !== node))) continue;
      if (found.has(share.owner)) continue;
      const viewed = asOwner(share);
      const name = { x, node: "x" in what ? what.node : node, owner: share.owner };
      const execution = await this.#own.get(viewed, name);
      if (execution === undefined || !isAbout(share, execution)) continue;
      found.set(share.owner, { owner: viewed, name: { ...name, node: execution.node }, execution });
    }
    if (found.size > 1) throw new SeveralOwnersError(`execution ${x}`, [...found.keys()].sort());
    return [...found.values()][0];
  }
}

function covers(shares: readonly StoredShare[], execution: Execution): boolean {
  return shares.some((share) => isAbout(share, execution));
}

function asOwner({ owner, ownerUid }: StoredShare): Viewer {
  return { user: owner, uid: ownerUid, admin: false };
}

/** Whether a query asks only for the viewer's own view. */
function isOwn(viewer: Viewer, { owner }: { readonly owner?: string | undefined }): boolean {
  return viewer.admin || owner === viewer.user;
}
