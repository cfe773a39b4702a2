import { startSanitized, uint32 } from "./sanitized.ts";

export interface ExecutionName {
  readonly x: string;
  readonly k: string;
}

export interface GateParsers {
  /** "whole HEAD_BYTES JSON_BYTES NAME", "more", "bad head" or "bad json". */
  begin(bytes: Buffer): Promise<string>;
  /** How many octets at the start are whole frames of this execution; negative if one may not pass. */
  frames(name: ExecutionName, bytes: Buffer): Promise<number>;
  /** The uid whose share this uid has, with this text in /etc/subuid. */
  shareOf(uid: number, subuid: string): Promise<number>;
}

/** The parsers of the gate in a process of their own, compiled with sanitizers. One question at a time. */
export async function gateParsers(): Promise<GateParsers> {
  const ask = await startSanitized({
    program: "gate_parsers",
    folder: "src/gate",
    sources: ["begin", "begin-json", "frames", "subordinate"],
  });
  return {
    begin: (bytes) => ask("B", bytes),
    frames: async ({ x, k }, bytes) => Number(await ask("F", Buffer.concat([Buffer.from(x + k), bytes]))),
    shareOf: async (uid, subuid) => Number(await ask("S", Buffer.concat([uint32(uid), Buffer.from(subuid)]))),
  };
}
