import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";

/**
 * Reports each second while somebody watches: from a request on until a lease later, unless it is renewed. The rest of the
 * lease is counted in reports, so that no clock that is set lengthens it.
 */
export class StatusLease {
  readonly #report: () => void;
  #timer: NodeJS.Timeout | undefined;
  #left = 0;

  constructor(report: () => void) {
    this.#report = report;
  }

  /** Starts or renews the lease. The first report comes at once. */
  renew(): void {
    this.#left = FLEET_LIMITS.watchLeaseMs / FLEET_LIMITS.watchEveryMs;
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#tick(), FLEET_LIMITS.watchEveryMs);
    this.#report();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    this.#left -= 1;
    if (this.#left < 0) this.end();
    else this.#report();
  }
}
