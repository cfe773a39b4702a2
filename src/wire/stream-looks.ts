import { asRecord } from "./record.ts";

/**
 * The look (colours, bold, a hyperlink) that each stream has before a line: escape sequences that bring a terminal there
 * from its default look, empty for that one. Between two pieces of a line an unfinished sequence may follow them.
 */
export interface StreamLooks {
  readonly stdout: string;
  readonly stderr: string;
}

/** The collector's are shorter: a link, an unfinished sequence and a few codes. */
const MAX_CHARACTERS = 8_192;

/** Parses `{looks}`, the answer of `GET /api/executions/:x/looks`. Null: the collector has not read that far yet. */
export function parseStreamLooks(value: unknown): StreamLooks | null | undefined {
  const looks = asRecord(value)?.["looks"];
  if (looks === null) return null;
  const record = asRecord(looks);
  const [stdout, stderr] = [record?.["stdout"], record?.["stderr"]];
  if (typeof stdout !== "string" || typeof stderr !== "string") return undefined;
  return stdout.length > MAX_CHARACTERS || stderr.length > MAX_CHARACTERS ? undefined : { stdout, stderr };
}
