import type { ExecutionName } from "./gate-parsers.ts";

/** A client's messages to the gate, built by hand so that they share no code with mlrun. */
export const NAME: ExecutionName = { x: "01ARZ3NDEKTSV4RRFFQ69G5FAV", k: "kkkkkkkkkkkkkkkkkkkk-_" };

/** The JSON of a BEGIN. `more` adds members, or replaces them. */
export function beginText(name: ExecutionName, more: Readonly<Record<string, unknown>> = {}): string {
  const { x, k } = name;
  const where = { job: x, argv: ["./job.sh", "a b"], cwd: "/tmp", labels: {}, node: "node1", pid: 7 };
  return JSON.stringify({ v: 1, x, k, ...where, startedAt: "2026-11-20T04:17:44.960662Z", ...more });
}

/** A client's first message. */
export function beginMessage(name: ExecutionName, json: string = beginText(name)): Buffer {
  return Buffer.from(`B ${name.x} ${name.k} ${Buffer.byteLength(json)}\n${json}`);
}

/** A frame of one line with its octet count. */
export function lineFrame(name: ExecutionName, n: number, text = `line ${n}`): Buffer {
  return packedFrame(name, n, [text]);
}

/** A frame of several lines, in printable ASCII, with its octet count. */
export function packedFrame(name: ExecutionName, n: number, lines: readonly string[]): Buffer {
  const text = lines.join("\\n");
  const head = `<14>1 2026-11-20T04:17:44.960662Z node1 mlrun 7 LINES [ml@32473 v="1" t="lines" x="${name.x}" k="${name.k}"`;
  return counted(`${head} s="stdout" n="${n}" c="${lines.length}" b="${text.length}"] ${n} ${text}`);
}

export function counted(frame: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(frame)} ${frame}`);
}

/** Distinct names, made of a prefix and a number. */
export function nameOf(number: number, prefix = "01JC"): ExecutionName {
  const digits = String(number);
  return { x: prefix + digits.padStart(22, "0"), k: digits.padStart(22, "k") };
}
