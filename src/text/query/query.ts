import type { Level } from "../level/level-of.ts";

/** A condition that a line must satisfy or, with `isNot`, must not. */
export interface Term {
  readonly is: "text" | "regex";
  readonly text: string;
  readonly isNot: boolean;
}

/** Filters besides the text of lines; each at most once. */
export interface QueryFields {
  /** A range as people write it: `gpu[01-16]`. */
  readonly node?: string;
  readonly rank?: string;
  readonly stream?: "stdout" | "stderr";
  /** This level or more serious. */
  readonly level?: Level;
  readonly state?: "running" | "finished" | "failed" | "lost";
  /** A time as people write it: `-10m`, `14:05`. */
  readonly since?: string;
  readonly until?: string;
}

/** A search as people type it. A line must satisfy all of it. */
export interface Query {
  readonly terms: readonly Term[];
  readonly fields: QueryFields;
}

/** Names of the fields, in the order in which `formatQuery` writes them. */
export const FIELD_NAMES = ["node", "rank", "stream", "level", "state", "since", "until"] as const;
export type FieldName = (typeof FIELD_NAMES)[number];
