/** The result of one check. */
export interface Finding {
  readonly state: "ok" | "warning" | "failed";
  /** The thing checked. */
  readonly what: string;
  /** Its state, or the fault. */
  readonly found: string;
  /** The next step. */
  readonly next?: string;
}

export function ok(what: string, found: string): Finding {
  return { state: "ok", what, found };
}

/** Works, but not as it should. */
export function warning(what: string, found: string, next: string): Finding {
  return { state: "warning", what, found, next };
}

/** The service would not work. */
export function failed(what: string, found: string, next: string): Finding {
  return { state: "failed", what, found, next };
}

/** The code of a system error (EACCES), or its message. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
