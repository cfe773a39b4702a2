/** A search that cannot run; the message is for the user. */
export class SearchRefusal extends Error {
  readonly code = "ML_SEARCH";
  /** `pattern`: it is none; `missing`: there is no such execution; `busy`: too many searches; `unavailable`: no ripgrep. */
  readonly why: "pattern" | "missing" | "busy" | "unavailable";

  constructor(why: SearchRefusal["why"], message: string) {
    super(message);
    this.why = why;
  }
}
