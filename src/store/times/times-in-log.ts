import { CRI } from "../../wire/cri.ts";
import type { NumberedLog } from "../execution/numbered-log.ts";
import { OpenLogs } from "../execution/open-logs.ts";
import { readWhole } from "../merged/seek-time.ts";
import type { KnownLines } from "./lines-by-time.ts";

const LINE_FEED = 0x0a;
/** Times taken at most: more could not be distinguished. */
const PLACES = 256;

/** The times of up to a few hundred lines of a log, by the node's clock. Reads the whole log. */
export async function timesInLog(log: NumberedLog): Promise<readonly KnownLines[]> {
  const files = new OpenLogs({ withFilters: false });
  try {
    const { text } = files.open(log);
    const data = await readWhole((at, most) => text.read(at, most), 0, log.size);
    const step = Math.max(1, Math.floor(log.lines / PLACES));
    const known: KnownLines[] = [];
    let line = 0;
    for (let start = 0, end = data.indexOf(LINE_FEED); end >= 0; end = data.indexOf(LINE_FEED, start)) {
      const atMs =
        line % step === 0 ? Date.parse(data.toString("latin1", start, start + CRI.timeCharacters)) : Number.NaN;
      // Counts this line and those before it as printed by now.
      if (!Number.isNaN(atMs)) known.push({ atMs, lines: line + 1 });
      line += 1;
      start = end + 1;
    }
    return known;
  } finally {
    files.close();
  }
}
