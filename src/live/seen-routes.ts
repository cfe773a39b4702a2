import type { Seen } from "../wire/viewer.ts";
import type { Route } from "./routes.ts";

/** A job, or everything, narrowed down. */
interface Narrowed {
  readonly job?: string;
  readonly run?: string | undefined;
  readonly owner?: string | undefined;
}

/** Routes for a request, limited to what the viewer sees. */
export function routesOf(asked: Narrowed, seen: readonly Seen[]): Route[] {
  return seen.flatMap((part) => routeOf(asked, part) ?? []);
}

function routeOf(asked: Narrowed, { owner, job, run, x, node }: Seen): Route | undefined {
  if (isOther(asked.owner, owner) || isOther(asked.job, job) || isOther(asked.run, run)) return undefined;
  const isOne = x !== undefined && node !== undefined && owner !== undefined && job !== undefined && run !== undefined;
  if (isOne) return { source: { owner, job, run, x, node } };
  const [wantedJob, wantedOwner] = [asked.job ?? job, asked.owner ?? owner];
  return wantedJob === undefined
    ? { owner: wantedOwner }
    : { job: wantedJob, run: asked.run ?? run, owner: wantedOwner };
}

function isOther(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}
