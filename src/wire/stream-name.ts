export type StreamName = "stdout" | "stderr";

export function parseStream(value: unknown): StreamName | undefined {
  return value === "stdout" || value === "stderr" ? value : undefined;
}
