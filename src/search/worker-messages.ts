import type { NamedProblem } from "../wire/named-problem.ts";
import type { ProblemName } from "../wire/problems.ts";
import type { SearchStop } from "../wire/search-event.ts";
import type { SearchRefusal } from "../wire/search-refusal.ts";
import type { SearchRequest } from "../wire/search-request.ts";
import type { EpochSizes } from "./limits.ts";
import type { SearchEnd, SearchedPieces } from "./task-port.ts";

/** Messages to a worker, which has one search at a time. */
export type ToWorker =
  | {
      readonly t: "search";
      readonly request: SearchRequest;
      readonly sizes: Partial<EpochSizes>;
      readonly sayEveryMs: number;
    }
  /** The answer to `next`; empty if there are no more. */
  | { readonly t: "pieces"; readonly pieces: readonly SearchedPieces[] }
  /** This many bytes of events were sent to the client. */
  | { readonly t: "sent"; readonly bytes: number }
  | { readonly t: "stop"; readonly why: SearchStop };

/** Messages from a worker. */
export type FromWorker =
  | { readonly t: "next" }
  /** Whole events, each a line of JSON. */
  | { readonly t: "events"; readonly events: Uint8Array }
  /** The search is over: ripgrep has ended, and no file is being read. */
  | { readonly t: "done"; readonly end: SearchEnd }
  | {
      readonly t: "refused";
      readonly why: SearchRefusal["why"];
      readonly is: ProblemName;
      readonly values: NamedProblem["values"];
    };
