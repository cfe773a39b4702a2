/** Hands over the least element first. */
export class Heap<T> {
  readonly #elements: T[] = [];
  readonly #isLess: (a: T, b: T) => boolean;

  constructor(isLess: (a: T, b: T) => boolean) {
    this.#isLess = isLess;
  }

  get size(): number {
    return this.#elements.length;
  }

  push(element: T): void {
    const all = this.#elements;
    let at = all.push(element) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!this.#swapIfLess(at, parent)) return;
      at = parent;
    }
  }

  pop(): T | undefined {
    const all = this.#elements;
    const first = all[0];
    const last = all.pop();
    if (all.length === 0 || last === undefined) return first;
    all[0] = last;
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const least = this.#isLessAt(right, left) ? right : left;
      if (!this.#swapIfLess(least, at)) return first;
      at = least;
    }
  }

  #isLessAt(a: number, b: number): boolean {
    const [first, second] = [this.#elements[a], this.#elements[b]];
    return first !== undefined && second !== undefined && this.#isLess(first, second);
  }

  #swapIfLess(a: number, b: number): boolean {
    const [first, second] = [this.#elements[a], this.#elements[b]];
    if (first === undefined || second === undefined || !this.#isLess(first, second)) return false;
    this.#elements[a] = second;
    this.#elements[b] = first;
    return true;
  }
}
