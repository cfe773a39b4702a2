import type { Chunk } from "../../frame/chunk.ts";
import type { Execution } from "../../wire/api.ts";

/** An execution as its watchers know it. */
interface LiveSource {
  readonly owner: string;
  readonly job: string;
  readonly run: string;
  readonly x: string;
  readonly node: string;
  summary(): Execution;
}

/** Receives stored lines and changes. Both calls return at once and never throw. */
export interface Publisher {
  publish(source: LiveSource, chunk: Chunk): void;
  changed(source: LiveSource): void;
}
