import { open } from "node:fs/promises";
import { createEnvelopeView, type EnvelopeView, parseEnvelope } from "../../frame/envelope.ts";
import { parseRelayStatus, type RelayStatus } from "../../frame/relay-status.ts";
import { WIRE_LIMITS } from "../../wire/limits.ts";

/** Some frames of a journal file, in their order. */
export interface JournalPart {
  /** Without their line feeds; copies, so they may be kept. */
  readonly frames: readonly Buffer[];
  /** Offset in the file at which each of them begins. */
  readonly starts: readonly number[];
  /** What the relay said of its queue, each with how many of the frames stand before it. */
  readonly statuses: readonly { readonly status: RelayStatus; readonly after: number }[];
  /** Offset in the file behind the last one. */
  readonly end: number;
  /** Lines that are no frames: torn when the relay was killed, or damaged. */
  readonly skipped: number;
}

export interface ReadOptions {
  /** Offset of a line's begin. */
  readonly from: number;
  /** What one part holds at most. */
  readonly maxFrames: number;
  readonly maxBytes: number;
}

const LINE_FEED = 0x0a;

/**
 * Reads the envelopes of a journal file, a line each, from an offset on, in parts of bounded size.
 *
 * A line is sent on whole or not at all, and only when it is a frame of the grammar from its first byte: what stands
 * behind a torn line's end, or inside of a line, was chosen by a sender and must not become a frame of its own.
 */
export async function* readJournal(path: string, options: ReadOptions): AsyncGenerator<JournalPart> {
  const view = createEnvelopeView();
  const file = await open(path, "r");
  try {
    const buffer = Buffer.allocUnsafeSlow(options.maxBytes + WIRE_LIMITS.maxRelpDataBytes);
    let at = options.from;
    let isInLine = false;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return;
      const data = buffer.subarray(0, bytesRead);
      if (isInLine || data.indexOf(LINE_FEED) < 0) {
        // Longer than any frame, or torn off by the file's end: all up to its line feed is no frame.
        const lineFeed = data.indexOf(LINE_FEED);
        at += lineFeed < 0 ? bytesRead : lineFeed + 1;
        yield { frames: [], starts: [], statuses: [], end: at, skipped: isInLine ? 0 : 1 };
        isInLine = lineFeed < 0;
        continue;
      }
      const part = takeLines(data, view, options);
      const starts = part.starts.map((start) => at + start);
      at += part.end;
      yield { ...part, starts, end: at };
    }
  } finally {
    await file.close();
  }
}

function takeLines(data: Buffer, view: EnvelopeView, { maxFrames, maxBytes }: ReadOptions): JournalPart {
  const frames: Buffer[] = [];
  const starts: number[] = [];
  const statuses: { status: RelayStatus; after: number }[] = [];
  let skipped = 0;
  let at = 0;
  while (frames.length < maxFrames && at < maxBytes) {
    const end = data.indexOf(LINE_FEED, at);
    if (end < 0) break;
    if (end === at) {
      // Each frame has a line feed before it and one behind it.
      at += 1;
      continue;
    }
    const isFrame = end - at <= WIRE_LIMITS.maxRelpDataBytes && parseEnvelope(data, at, end, view) === undefined;
    if (!isFrame) {
      skipped += 1;
    } else if (view.kind === "relay") {
      const status = parseRelayStatus(data.toString("utf8", view.textAt, view.textEnd));
      if (status !== undefined) statuses.push({ status, after: frames.length });
    } else {
      frames.push(Buffer.from(data.subarray(at, end)));
      starts.push(at);
    }
    at = end + 1;
  }
  return { frames, starts, statuses, end: at, skipped };
}
