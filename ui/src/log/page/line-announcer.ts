/** Reading every line aloud would be useless, so the number of new lines is announced, this often. */
const SAY_EVERY_MS = 5_000;

interface LineAnnouncerOptions {
  readonly after: (ms: number, call: () => void) => () => void;
  readonly say: (lines: number) => void;
}

/** Counts lines that arrive while a log is followed. Its owner closes it. */
export class LineAnnouncer {
  readonly #options: LineAnnouncerOptions;
  #said: number | undefined;
  #total = 0;
  #cancel: (() => void) | undefined;

  constructor(options: LineAnnouncerOptions) {
    this.#options = options;
  }

  /** Takes the log's number of lines. Lines that arrive while it is not followed are shown elsewhere. */
  update(total: number, isFollowing: boolean): void {
    this.#total = total;
    if (!isFollowing || this.#said === undefined) {
      this.close();
      this.#said = total;
    } else if (total > this.#said) this.#cancel ??= this.#options.after(SAY_EVERY_MS, () => this.#say());
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #say(): void {
    this.#cancel = undefined;
    const lines = this.#total - (this.#said ?? this.#total);
    this.#said = this.#total;
    if (lines > 0) this.#options.say(lines);
  }
}
