import { RUN_LIMITS } from "../limits.ts";
import { movesBack, type Token, tokenAt } from "./cursor.ts";
import { type Place, RedrawUnit } from "./redraw-unit.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const WHOLE_ROW = 2;
/** Rows above the cursor are counted only up to this number. */
const ENOUGH_ROWS = 63;
const NOWHERE: Place = { above: 0, column: undefined, isPlain: false };

interface Parsed {
  readonly units: readonly RedrawUnit[];
  /** The rest after the units: perhaps an incomplete one, and the end of its last whole token. */
  readonly tail: RedrawUnit;
  readonly movesBack: boolean;
}

/**
 * Thins redraws for which a program moves its cursor: by backspaces, `CSI D`, `CSI G`, or up to 63 rows up.
 *
 * Holds output for up to `redrawEveryMs`, and omits every redraw that a later one in that time covers. Starts with the
 * first such movement, and stops after as long without one.
 */
export class CursorRedraws {
  isActive = false;
  /** Bytes omitted so far. */
  thinnedBytes = 0;
  /** After `thin`: the end of the sendable bytes, and of all bytes. */
  sendEnd = 0;
  end = 0;
  #keptAtMs = Number.NEGATIVE_INFINITY;
  /** Places of the cursor before the first unsent byte, and after the last byte. */
  #start: Place = { above: 0, column: 0, isPlain: true };
  #last: Place = this.#start;

  /**
   * Removes redraws from `bytes[from..to)`, which begins with what the previous call held.
   *
   * @returns Whether it handled them. If not, nothing has changed: they hold no movement.
   */
  thin(bytes: Buffer, from: number, to: number, nowMs: number): boolean {
    if (!this.isActive && !movesBack(bytes, from, to)) return this.#leave(bytes, from, to);
    const parsed = this.#parse(bytes, from, to);
    const isDue = nowMs - this.#keptAtMs >= RUN_LIMITS.redrawEveryMs;
    if (isDue && !parsed.movesBack) return this.#leave(bytes, from, to);
    this.isActive = true;
    const kept = withoutRedrawn(parsed.units);
    let out = from;
    const keep = (at: number, end: number) => {
      if (at !== out) bytes.copyWithin(out, at, end);
      out += end - at;
    };
    for (const unit of kept) keep(unit.from, unit.to);
    const unitsEnd = out;
    keep(parsed.tail.from, parsed.tail.to);
    const tokensEnd = out;
    keep(parsed.tail.to, to);
    this.thinnedBytes += to - out;
    this.end = out;
    this.#last = tokensEnd === out ? parsed.tail.exit : NOWHERE;
    this.sendEnd = from;
    // Without a whole redraw it may be no redraw at all.
    const isStuck = (isDue && kept.length === 0) || out - from > RUN_LIMITS.holdBytes / 2;
    const [end, place] = isStuck ? [tokensEnd, parsed.tail.exit] : [unitsEnd, parsed.tail.entry];
    if (isDue || isStuck) this.#keep(end, place, nowMs);
    return true;
  }

  /** Lets everything held go into frames. */
  sendAll(nowMs: number): void {
    this.#start = this.#last;
    this.#keptAtMs = nowMs;
  }

  /** When the held bytes should be shown. */
  get dueMs(): number {
    return this.#keptAtMs + RUN_LIMITS.redrawEveryMs;
  }

  #keep(end: number, place: Place, nowMs: number): void {
    this.sendEnd = end;
    this.#start = place;
    this.#keptAtMs = nowMs;
  }

  /** Passes bytes through, and only counts rows. */
  #leave(bytes: Buffer, from: number, to: number): false {
    this.isActive = false;
    let { above } = this.#start;
    for (let at = bytes.indexOf(LINE_FEED, from); at >= 0 && at < to && above < ENOUGH_ROWS; above += 1) {
      at = bytes.indexOf(LINE_FEED, at + 1);
    }
    const last = bytes[to - 1];
    const column = last === LINE_FEED || last === CARRIAGE_RETURN ? 0 : undefined;
    this.#start = { above, column, isPlain: false };
    return false;
  }

  #parse(bytes: Buffer, from: number, to: number): Parsed {
    const units: RedrawUnit[] = [];
    let unit = new RedrawUnit(from, this.#start);
    let isHome = false;
    let isMoved = false;
    const next = () => {
      units.push(unit);
      unit = new RedrawUnit(unit.to, unit.exit);
    };
    for (let token = tokenAt(bytes, from, to), at = from; token !== undefined; ) {
      const begins = beginsRedraw(token);
      if (unit.row === 0 && begins && !isHome && unit.to > unit.from) next();
      const { row } = unit;
      unit.add(bytes, at, token);
      isMoved ||= "\bADFG".includes(token.kind);
      isHome = (begins && token.kind !== "\n") || (isHome && (token.kind === "K" || token.kind === "J"));
      // The cursor is back from the rows below: the next redraw may go there again.
      if (row > 0 && unit.row === 0) {
        next();
        isHome = false;
      }
      at = token.end;
      token = at < to ? tokenAt(bytes, at, to) : undefined;
    }
    return { units, tail: unit, movesBack: isMoved };
  }
}

/** Whether a redraw, or the way to a row below, may begin with this. */
function beginsRedraw({ kind, count }: Token): boolean {
  return "\r\n\bADFG".includes(kind) || (kind === "K" && count === WHOLE_ROW);
}

/** Omits each unit that a later one redraws. Starts at the end, so that omitted units do not count. */
function withoutRedrawn(units: readonly RedrawUnit[]): RedrawUnit[] {
  // Last unit first.
  const kept: RedrawUnit[] = [];
  const lastOf = new Map<string, number>();
  for (let at = units.length - 1; at >= 0; at -= 1) {
    const unit = units[at];
    if (unit === undefined) break;
    const laterAt = lastOf.get(unit.key);
    const later = laterAt === undefined ? undefined : kept[laterAt];
    if (later !== undefined && unit.isRedrawnBy(later, kept.slice((laterAt ?? 0) + 1))) continue;
    lastOf.set(unit.key, kept.push(unit) - 1);
  }
  return kept.reverse();
}
