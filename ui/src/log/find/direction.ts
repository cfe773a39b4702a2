/** The direction in which a reader goes from match to match. */
export type Direction = "next" | "previous";
