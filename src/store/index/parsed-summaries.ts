import { type Execution, parseExecution } from "../../wire/api.ts";
import { parseJson } from "../../wire/record.ts";

/** Enough for the page that a search lists and opens one by one, and the page before it. */
const MAX_HELD = 256;
/** Longer ones are rare; with the limit above, 4 MiB of text at most. */
const MAX_CHARACTERS = 16_384;

/** Keeps parsed summaries, so that each text is parsed once: a search lists rows, and then opens each. */
export class ParsedSummaries {
  readonly #byText = new Map<string, Execution>();

  /** Equal texts share an object, which must not be changed. Undefined if the text is not a summary. */
  parse(text: string): Execution | undefined {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const execution = parseExecution(parseJson(text));
    if (execution !== undefined && text.length <= MAX_CHARACTERS) this.#hold(text, execution);
    return execution;
  }

  #hold(text: string, execution: Execution): void {
    this.#byText.set(text, execution);
    if (this.#byText.size <= MAX_HELD) return;
    const [oldest] = this.#byText.keys();
    if (oldest !== undefined) this.#byText.delete(oldest);
  }
}
