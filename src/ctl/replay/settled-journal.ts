import type { RelayStatus } from "../../frame/relay-status.ts";
import { type JournalPart, readJournal } from "./journal-reader.ts";

/** A frame's place in a journal. */
export interface JournalPlace {
  readonly file: string;
  readonly offset: number;
}

/** A queue with this few frames is nearly empty; the statuses themselves pass through it. */
const FEW_FRAMES = 1_000;
/**
 * Most frames on their way at a status: those few, the relay's window of 2,000 unanswered, a batch of 128, and those
 * that threads had written to the journal and not yet queued. Rounded up.
 */
const ON_THE_WAY_FRAMES = 4_096;
/**
 * The last statuses, ten seconds apart, prove nothing: a relay that meets a wrong certificate empties its queue by
 * discarding, and ends within twenty seconds.
 */
const UNTRUSTED_STATUSES = 6;
const READING = { maxFrames: 4_096, maxBytes: 1_048_576 } as const;

/**
 * Finds the first frame of an ended relay's journal that the collector may not have acknowledged, so that a restarted
 * node sends the last minute instead of the whole journal. Undefined: it may be any.
 *
 * The relay writes its queue's counters between its frames. A nearly empty queue that never had anything on disk and
 * never discarded anything has delivered everything but the frames then on their way.
 */
export async function firstUnsettled(
  files: readonly { file: string; path: string }[],
): Promise<JournalPlace | undefined> {
  const scan = new Scan();
  for (const { file, path } of files) {
    for await (const part of readJournal(path, { from: 0, ...READING })) scan.take(file, part);
  }
  return scan.place;
}

class Scan {
  /** The newest frames, as a ring. */
  readonly #newest: JournalPlace[] = [];
  #frames = 0;
  #statuses = 0;
  #disk: RelayStatus | undefined;
  /** Proofs among the last statuses: at most `UNTRUSTED_STATUSES`. */
  #recent: { readonly index: number; readonly place: JournalPlace | undefined }[] = [];
  #place: JournalPlace | undefined;

  get place(): JournalPlace | undefined {
    return this.#place;
  }

  take(file: string, { starts, statuses }: JournalPart): void {
    let at = 0;
    for (const { status, after } of statuses) {
      for (; at < after; at += 1) this.#frame({ file, offset: starts[at] ?? 0 });
      this.#status(status);
    }
    for (; at < starts.length; at += 1) this.#frame({ file, offset: starts[at] ?? 0 });
  }

  #frame(place: JournalPlace): void {
    this.#newest[this.#frames % ON_THE_WAY_FRAMES] = place;
    this.#frames += 1;
  }

  #status(status: RelayStatus): void {
    if (status.part === "disk") {
      this.#disk = status;
      return;
    }
    const nearlyEmpty = status.frames <= FEW_FRAMES && status.discarded === 0;
    const neverOnDisk = this.#disk?.mostFrames === 0 && this.#disk.discarded === 0;
    // The ring's oldest entry is the next to be overwritten.
    const place = this.#frames < ON_THE_WAY_FRAMES ? undefined : this.#newest[this.#frames % ON_THE_WAY_FRAMES];
    if (nearlyEmpty && neverOnDisk) this.#recent.push({ index: this.#statuses, place });
    this.#statuses += 1;
    while ((this.#recent[0]?.index ?? this.#statuses) < this.#statuses - UNTRUSTED_STATUSES) {
      this.#place = this.#recent.shift()?.place;
    }
  }
}
