export interface WindowLimits {
  readonly maxRows: number;
  /** Rows held while the view follows the end; earlier ones are fetched again if the reader goes back. */
  readonly followedRows: number;
  readonly maxCharacters: number;
}

/** Most of a log that a browser tab holds: at worst 32 MB of text, two bytes a character. */
export const WINDOW_LIMITS: WindowLimits = { maxRows: 20_000, followedRows: 2_000, maxCharacters: 16_000_000 };
