import { formatTimestamp } from "../../src/frame/timestamp.ts";

const STARTED_AT_US = Date.UTC(2026, 10, 20, 4, 17, 44) * 1000;
const STDERR_EVERY = 50;
const WORDS = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau".split(
  " ",
);

/** In one line of a log, in its middle. */
export const NEEDLE = "zq93kfXY";

/** What programs print: listings, imports, JSON, each line another. The same at each run. */
export class VariedLines {
  readonly #needleAt: number;
  #state = 7;

  /** @param needleAt the line with the needle; 0: none. */
  constructor(needleAt: number) {
    this.#needleAt = needleAt;
  }

  chunk(firstN: number, count: number) {
    let text = "";
    for (let n = firstN; n < firstN + count; n += 1) {
      const stream = n % STDERR_EVERY === 0 ? "stderr" : "stdout";
      text += `${formatTimestamp(STARTED_AT_US + n * 10)} ${stream} F ${this.#line(n)}\n`;
    }
    return { firstN, count, fragments: 0, cri: Buffer.from(text) };
  }

  #line(n: number): string {
    if (n === this.#needleAt) return `epoch 3 found ${NEEDLE} here`;
    const [kind, size] = [n % 10, this.#random(10_000_000)];
    const path = `/usr/lib/${this.#word()}/${this.#word()}-${this.#random(1_000)}/${this.#word()}`;
    if (kind < 5) return `-rw-r--r-- 1 root root ${String(size).padStart(8)} Jan ${(n % 28) + 1}  2024 ${path}.pyc`;
    if (kind < 8)
      return `import '${this.#word()}_${this.#word()}' # <SourceFileLoader object at 0x7f${size.toString(16)}${size}>`;
    return JSON.stringify({ level: "info", id: n, path, user: `users/${this.#random(1_000_000)}`, ms: size / 7 });
  }

  #word(): string {
    return WORDS[this.#random(WORDS.length)] ?? "";
  }

  /** A linear congruence (Numerical Recipes, 7.1): quick, and no security depends on it. */
  #random(below: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * below);
  }
}
