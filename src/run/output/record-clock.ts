import { formatTimestamp } from "../../frame/timestamp.ts";
import type { Timers } from "../timers.ts";
import type { OutputClock } from "./output-frames.ts";

/** The time of the current record; between records, now. Both count from 1970. */
export class RecordClock implements OutputClock {
  readonly after: Timers["after"];
  readonly afterReading: Timers["afterReading"];
  readonly #nowUs: () => number;
  #recordUs: number | undefined;
  #text = "";
  #textUs = -1;

  constructor(nowUs: () => number, timers: Timers) {
    this.#nowUs = nowUs;
    this.after = timers.after;
    this.afterReading = timers.afterReading;
  }

  /** @param timeUs Undefined: between records. */
  setRecord(timeUs: number | undefined): void {
    this.#recordUs = timeUs;
  }

  elapsedMs(): number {
    return this.#nowUs() / 1000;
  }

  printedMs(): number {
    return (this.#recordUs ?? this.#nowUs()) / 1000;
  }

  timestamp(): string {
    const us = Math.floor(this.#recordUs ?? this.#nowUs());
    if (us !== this.#textUs) this.#text = formatTimestamp(us);
    this.#textUs = us;
    return this.#text;
  }
}
