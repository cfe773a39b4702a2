import type { Hold, PruneEvent, PruneRequest, USAGE_KEYS, Usage, UsageLimits } from "../wire/keeping.ts";

/** Scope of a hold. */
export type HeldThing = Pick<Hold, "owner" | "x" | "node" | "job" | "run">;

/** The user who asks, and their address. */
interface Asking {
  readonly user: string;
  readonly address?: string | undefined;
}

/** The web's view of retention. The caller has checked that the viewer may name these executions. */
export interface Keeping {
  /** The hold that protects an execution, if any. */
  holdOf(execution: {
    readonly owner: string;
    readonly x: string;
    readonly node: string;
    readonly job: string;
    readonly run: string;
  }): Hold | undefined;
  holds(owner: string | undefined): readonly Hold[];
  keep(
    thing: HeldThing,
    by: Hold["by"],
    asking: Asking,
  ): Promise<{ readonly is: "kept" } | { readonly is: "many" | "quota"; readonly message: string }>;
  release(thing: HeldThing, by: Hold["by"], asking: Asking): boolean;
  prune(request: PruneRequest & { readonly owner: string }, asking: Asking): AsyncIterable<PruneEvent>;
  limits(): UsageLimits;
  usage(by: (typeof USAGE_KEYS)[number], owner: string | undefined): Promise<readonly Usage[]>;
}
