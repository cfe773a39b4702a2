export interface WindowLimits {
  readonly maxRows: number;
  /** While the view follows the end: what has scrolled out of view is fetched again if somebody goes back. */
  readonly followedRows: number;
  readonly maxCharacters: number;
}

/** What a browser tab holds of a log: at worst 32 MB of text, two bytes a character. */
export const WINDOW_LIMITS: WindowLimits = { maxRows: 20_000, followedRows: 2_000, maxCharacters: 16_000_000 };
