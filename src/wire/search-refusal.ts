import type { NamedProblem } from "./named-problem.ts";
import type { Problem } from "./request-members.ts";

/** A search that cannot run; the message is for the user. */
export class SearchRefusal extends Error {
  readonly code = "ML_SEARCH";
  /** `pattern`: it is none; `missing`: there is no such execution; `busy`: too many searches; `unavailable`: no ripgrep. */
  readonly why: "pattern" | "missing" | "busy" | "unavailable";
  readonly problem: NamedProblem | undefined;

  /** @param problem The fault; without one, the execution is missing. */
  constructor(why: SearchRefusal["why"], problem?: Problem) {
    super(problem === undefined ? "There is no such execution" : `Cannot search: ${problem.message}`);
    this.why = why;
    this.problem = problem?.named;
  }
}
