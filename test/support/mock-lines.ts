import type { MockExecution } from "./mock-executions.ts";

/** CRI lines `from` to `to` of an execution, as a log file and the binary messages of `/live` hold them. */
export function criLines(execution: MockExecution, from: number, to: number): Buffer {
  const pieces: Buffer[] = [];
  for (let n = from; n <= to; n += 1) {
    const { stream, bytes, fragment } = execution.lineAt(n);
    pieces.push(Buffer.from(`${execution.timeAt(n)} ${stream} ${fragment ? "P" : "F"} `), bytes, LF);
  }
  return Buffer.concat(pieces);
}

/** The answer of `GET /api/executions/:x/lines`. */
export function linePage(execution: MockExecution, from: number, limit: number): object {
  const lines: object[] = [];
  let n = execution.storedFrom(from);
  while (n !== undefined && lines.length < limit) {
    const { stream, bytes, fragment } = execution.lineAt(n);
    const text = bytes.toString();
    const content = Buffer.from(text).equals(bytes) ? { text } : { b64: bytes.toString("base64") };
    lines.push({ n, time: execution.timeAt(n), stream, ...content, fragment });
    n = execution.storedFrom(n + 1);
  }
  return { lines, next: n ?? null };
}

const LF = Buffer.from("\n");
