import { open } from "node:fs/promises";
import { createEnvelopeView, type EnvelopeView, parseEnvelope } from "../../frame/envelope.ts";
import { parseRelayStatus, type RelayStatus } from "../../frame/relay-status.ts";
import { WIRE_LIMITS } from "../../wire/limits.ts";

/** Some frames of a journal file, in order. */
export interface JournalPart {
  /** Without their line feeds. Copies, so they may be kept. */
  readonly frames: readonly Buffer[];
  /** Offset in the file at which each of them starts. */
  readonly starts: readonly number[];
  /** The relay's reports on its queue, each with the number of these frames before it. */
  readonly statuses: readonly { readonly status: RelayStatus; readonly after: number }[];
  /** Offset in the file after the last one. */
  readonly end: number;
  /** Lines that are not frames: torn when the relay was killed, or damaged. */
  readonly skipped: number;
}

interface ReadOptions {
  /** Offset of a line's start. */
  readonly from: number;
  /** Most frames of one part. */
  readonly maxFrames: number;
  readonly maxBytes: number;
}

const LINE_FEED = 0x0a;

/**
 * Reads the envelopes of a journal file, one per line, from an offset on, in parts of bounded size.
 *
 * A line is sent on whole or not at all, and only if it matches the frame grammar from its first byte: the text after a
 * torn line's end, or inside a line, was chosen by a sender and must not become a separate frame.
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
        // Longer than any frame, or torn off by the file's end: everything up to its line feed is skipped.
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
      // Each frame has a line feed before it and one after it.
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
