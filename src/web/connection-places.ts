import { addressGroup } from "../host/address-group.ts";

export interface ConnectionPlacesOptions {
  readonly most: number;
  readonly mostPerAddress: number;
  /** Whether somebody has signed in from there. */
  readonly isKnown: (address: string) => boolean;
  /** Whether a proxy of ours connects from there: it brings everybody. */
  readonly isProxy: (address: string | undefined) => boolean;
}

/** This part of all places is for addresses that somebody has signed in from. */
const RESERVED_PART = 0.25;

/**
 * Who may hold a connection. One address cannot take all places, and many strange ones together cannot take those of
 * people who were here before.
 */
export class ConnectionPlaces {
  readonly #options: ConnectionPlacesOptions;
  readonly #mostStrangers: number;
  readonly #perAddress = new Map<string, number>();
  #all = 0;
  #strangers = 0;

  constructor(options: ConnectionPlacesOptions) {
    this.#options = options;
    this.#mostStrangers = options.most - Math.floor(options.most * RESERVED_PART);
  }

  /** Returns how to give the place back, or undefined where there is none. */
  take(address: string | undefined): (() => void) | undefined {
    const { most, mostPerAddress, isKnown, isProxy } = this.#options;
    if (this.#all >= most) return undefined;
    if (isProxy(address) || address === undefined) return this.#hold({ group: undefined, isStranger: false });
    const group = addressGroup(address);
    if ((this.#perAddress.get(group) ?? 0) >= mostPerAddress) return undefined;
    const isStranger = !isKnown(address);
    if (isStranger && this.#strangers >= this.#mostStrangers) return undefined;
    return this.#hold({ group, isStranger });
  }

  #hold({ group, isStranger }: { group: string | undefined; isStranger: boolean }): () => void {
    this.#count(group, isStranger, 1);
    return () => this.#count(group, isStranger, -1);
  }

  #count(group: string | undefined, isStranger: boolean, by: 1 | -1): void {
    this.#all += by;
    if (isStranger) this.#strangers += by;
    if (group === undefined) return;
    const left = (this.#perAddress.get(group) ?? 0) + by;
    if (left > 0) this.#perAddress.set(group, left);
    else this.#perAddress.delete(group);
  }
}
