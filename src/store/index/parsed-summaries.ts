import { type Execution, parseExecution } from "../../wire/api.ts";
import { parseJson } from "../../wire/record.ts";

/** A page that a search lists, and opens one by one, and the one before it. */
const MAX_HELD = 256;
/** Longer ones are rare; with the limit above, 4 MiB of text at most. */
const MAX_CHARACTERS = 16_384;

/** Summaries of rows, each text parsed once while it is asked for again: a search lists rows, and then opens each. */
export class ParsedSummaries {
  readonly #byText = new Map<string, Execution>();

  /** Equal texts have the same object: nobody changes it. Undefined if the text is no summary. */
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
