interface FairPlacesOptions<T> {
  readonly places: number;
  /** Most places that one holder may have. */
  readonly placesPerHolder: number;
  /** Whether an occupant may be displaced by another of the same holder. */
  readonly isIdle: (occupant: T) => boolean;
}

interface Entry<T> {
  readonly isIn: boolean;
  /** The occupant that lost its place to the new one; the caller closes it. */
  readonly displaced: T | undefined;
}

/** Holders remembered as known; the one confirmed longest ago is forgotten first. */
const MAX_KNOWN = 4_096;

/**
 * A bounded number of places (connections, sessions) shared between holders (addresses, nodes).
 *
 * A holder at its own limit displaces its own oldest idle occupant, or is refused. When all places are taken, a holder
 * with at least two fewer than the largest displaces the largest one's oldest occupant, and a known holder displaces a
 * stranger: however many places one holder takes, it cannot lock others out.
 */
export class FairPlaces<T> {
  readonly #options: FairPlacesOptions<T>;
  /** Occupants by holder, oldest first. */
  readonly #holders = new Map<string, Set<T>>();
  readonly #known = new Set<string>();
  #taken = 0;

  constructor(options: FairPlacesOptions<T>) {
    this.#options = options;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Takes a place, displacing another occupant if necessary. */
  enter(holder: string, occupant: T): Entry<T> {
    const { places, placesPerHolder } = this.#options;
    const own = this.#holders.get(holder) ?? new Set<T>();
    const isFull = this.#taken >= places;
    const isOver = own.size >= placesPerHolder;
    const loser = isOver ? holder : isFull ? this.#loser(holder, own.size) : undefined;
    const displaced = loser === undefined ? undefined : this.#oldest(loser, loser === holder);
    if ((isOver || isFull) && displaced === undefined) return { isIn: false, displaced };
    if (loser !== undefined && displaced !== undefined) this.leave(loser, displaced);
    own.add(occupant);
    this.#holders.set(holder, own);
    this.#taken += 1;
    return { isIn: true, displaced };
  }

  /** Gives the place back; does nothing if the occupant has lost it already. */
  leave(holder: string, occupant: T): void {
    const occupants = this.#holders.get(holder);
    if (occupants?.delete(occupant) !== true) return;
    this.#taken -= 1;
    if (occupants.size === 0) this.#holders.delete(holder);
  }

  /** Marks this holder as known. */
  confirm(holder: string): void {
    this.#known.delete(holder);
    this.#known.add(holder);
    const [longestAgo] = this.#known;
    if (this.#known.size > MAX_KNOWN && longestAgo !== undefined) this.#known.delete(longestAgo);
  }

  /** The holder that gives up a place for `holder`, which has `own`: the largest, a stranger, or itself. */
  #loser(holder: string, own: number): string | undefined {
    let [largest, most] = [holder, own + 1];
    let stranger: string | undefined;
    for (const [other, { size }] of this.#holders) {
      if (size > most) [largest, most] = [other, size];
      if (stranger === undefined && other !== holder && !this.#known.has(other)) stranger = other;
    }
    if (largest !== holder) return largest;
    if (stranger !== undefined && this.#known.has(holder)) return stranger;
    return own > 0 ? holder : undefined;
  }

  #oldest(holder: string, mustBeIdle: boolean): T | undefined {
    const occupants = this.#holders.get(holder) ?? [];
    for (const occupant of occupants) if (this.#options.isIdle(occupant)) return occupant;
    if (mustBeIdle) return undefined;
    for (const occupant of occupants) return occupant;
    return undefined;
  }
}
