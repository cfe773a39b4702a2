/**
 * A second decoder of mlrun's frames, written for clearness only: tests compare the encoder with the grammar, not with
 * itself.
 */
export interface Frame {
  readonly time: string;
  readonly node: string;
  readonly pid: number;
  readonly type: "lines" | "beat" | "end";
  readonly x: string;
  readonly key: string;
  readonly stream: string | undefined;
  readonly n: number;
  readonly count: number;
  readonly fragment: boolean;
  /** The text after "n ", as it travelled. */
  readonly text: string;
}

const HEAD =
  /^<14>1 (\S{27}) (\S+) mlrun (\d+) LINES \[ml@32473 v="1" t="(lines|beat|end)" x="(\w{26})" k="([\w-]{22})"/;
const LINES_TAIL = /^ s="(stdout|stderr)" n="(\d+)" c="(\d+)" b="(\d+)"( f="1")?\] (\d+) /;
const OTHER_TAIL = /^ n="(\d+)"[^\]]*\] (\d+) /;

/** The payloads of an octet-counted stream (RFC 6587, section 3.4.1). Throws if it does not end with a frame. */
export function octetCounted(stream: Buffer): Buffer[] {
  const payloads: Buffer[] = [];
  for (let at = 0; at < stream.length; ) {
    const space = stream.indexOf(" ", at);
    const length = Number(stream.toString("latin1", at, space));
    if (!(space > at && length > 0 && space + 1 + length <= stream.length)) throw new Error(`No frame at octet ${at}`);
    payloads.push(stream.subarray(space + 1, space + 1 + length));
    at = space + 1 + length;
  }
  return payloads;
}

/** Parses a frame. Throws if it breaks the grammar. */
export function parseFrame(payload: Buffer): Frame {
  const frame = payload.toString("latin1");
  const head = HEAD.exec(frame);
  if (head === null) throw new Error(`Not a frame: ${frame}`);
  const [all, time = "", node = "", pid, type, x = "", key = ""] = head;
  const rest = frame.slice(all.length);
  const tail = (type === "lines" ? LINES_TAIL : OTHER_TAIL).exec(rest);
  if (tail === null) throw new Error(`Not a frame's tail: ${rest}`);
  const common = { time, node, pid: Number(pid), x, key, text: rest.slice(tail[0].length) };
  if (type === "beat" || type === "end") {
    if (tail[1] !== tail[2]) throw new Error(`n differs: ${rest}`);
    return { ...common, type, stream: undefined, n: Number(tail[1]), count: 0, fragment: false };
  }
  const [, stream, n, count, bytes, fragment, again] = tail;
  if (n !== again || Number(bytes) !== common.text.length) throw new Error(`n or b is wrong: ${rest}`);
  return { ...common, type: "lines", stream, n: Number(n), count: Number(count), fragment: fragment !== undefined };
}

/** The lines of a frame as they were printed, without newlines. */
export function linesOf(frame: Frame): Buffer[] {
  const lines = [""];
  for (const [token] of frame.text.matchAll(/\\x[0-9a-f]{2}|\\[\\tn]|[^\\]|\\/g)) {
    if (token === "\\n") lines.push("");
    else lines[lines.length - 1] += decoded(token);
  }
  if (lines.length !== frame.count) throw new Error(`c is ${frame.count}, lines are ${lines.length}: ${frame.text}`);
  return lines.map((line) => Buffer.from(line, "latin1"));
}

function decoded(token: string): string {
  if (token === "\\\\") return "\\";
  if (token === "\\t") return "\t";
  if (token.startsWith("\\x")) return String.fromCharCode(Number.parseInt(token.slice(2), 16));
  // Characters that a relay would change must never travel unescaped.
  if (token === "\\" || token < " " || token === "\x7f")
    throw new Error(`Not of the encoding: ${JSON.stringify(token)}`);
  return token;
}

/** The output of a stream, from its frames in any order. Throws if n has holes or doubles. */
export function printedBy(frames: readonly Frame[], stream: "stdout" | "stderr"): Buffer {
  const lines = frames.filter(({ type }) => type === "lines").sort((a, b) => a.n - b.n);
  const printed: Buffer[] = [];
  let next = 1;
  for (const frame of lines) {
    if (frame.n !== next) throw new Error(`Line ${next} is missing or double: found ${frame.n}`);
    next += frame.count;
    if (frame.stream !== stream) continue;
    const texts = linesOf(frame);
    for (const [index, text] of texts.entries()) {
      printed.push(text);
      if (!frame.fragment || index < texts.length - 1) printed.push(Buffer.from("\n"));
    }
  }
  return Buffer.concat(printed);
}
