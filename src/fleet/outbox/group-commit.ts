/** Each takes some 30 us, and lines of jobs wait meanwhile. */
const AT_A_TIME = 128;

/** Work on the database that is committed together with others': one fsync for what came in one turn, or for a part of much. */
export class GroupCommit {
  readonly #commit: (work: () => void) => void;
  #waiting: { readonly act: () => void; readonly done: () => void; readonly fail: (error: unknown) => void }[] = [];

  /** @param commit runs the work in one transaction, and returns when that is on the disk. */
  constructor(commit: (work: () => void) => void) {
    this.#commit = commit;
  }

  /** Resolves with the result of `act` once it is stored. Waiting work is bounded by what the broker holds for us. */
  add<T>(act: () => T): Promise<T> {
    if (this.#waiting.length === 0) setImmediate(() => this.#flush());
    return new Promise((resolve, reject) => {
      let result: { readonly value: T } | undefined;
      this.#waiting.push({
        act: () => {
          result = { value: act() };
        },
        done: () => (result === undefined ? reject(new Error("Cannot store: not done")) : resolve(result.value)),
        fail: reject,
      });
    });
  }

  #flush(): void {
    const all = this.#waiting.splice(0, AT_A_TIME);
    if (this.#waiting.length > 0) setImmediate(() => this.#flush());
    try {
      this.#commit(() => {
        for (const { act } of all) act();
      });
    } catch (error) {
      for (const { fail } of all) fail(error);
      return;
    }
    for (const { done } of all) done();
  }
}
