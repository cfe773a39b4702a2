import type { Level } from "../level/level-of.ts";

/** What a line must have, or with `isNot` must not have. */
export interface Term {
  readonly is: "text" | "regex";
  readonly text: string;
  readonly isNot: boolean;
}

/** What narrows the lines beside their text; each at most once. */
export interface QueryFields {
  /** As people write ranges of them: `gpu[01-16]`. */
  readonly node?: string;
  readonly rank?: string;
  readonly stream?: "stdout" | "stderr";
  /** This one and more serious ones. */
  readonly level?: Level;
  readonly state?: "running" | "finished" | "failed" | "lost";
  /** As people write times: `-10m`, `14:05`. */
  readonly since?: string;
  readonly until?: string;
}

/** A search as it is typed: all of it must hold. */
export interface Query {
  readonly terms: readonly Term[];
  readonly fields: QueryFields;
}

/** Names of the fields, in the order in which they are written. */
export const FIELD_NAMES = ["node", "rank", "stream", "level", "state", "since", "until"] as const;
export type FieldName = (typeof FIELD_NAMES)[number];
