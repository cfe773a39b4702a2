import { isOn, type Thing } from "../actions/thing.ts";
import { Watch, type WatchOptions } from "./watch.ts";
import type { Wish } from "./wish.ts";

/** Each wish is a subscription, which the collector limits per connection, and may send a request every few seconds. */
export const MAX_WISHES = 16;

/** Notifies the user once of each thing wished for, while the tab is open, on any page, until sign-out. */
export class Teller {
  readonly #options: WatchOptions;
  readonly #wishes = new Map<Wish, Watch>();

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  of(thing: Thing): readonly Wish[] {
    return [...this.#wishes.keys()].filter((wish) => isOn(thing, wish.thing));
  }

  /** Fulfils a wish until everything has ended. False: there are as many as a tab may have. */
  add(wish: Wish): boolean {
    if (this.#wishes.size >= MAX_WISHES) return false;
    const watch = new Watch(wish, { ...this.#options, onEnd: () => this.remove(wish) });
    this.#wishes.set(wish, watch);
    watch.start();
    return true;
  }

  remove(wish: Wish): void {
    this.#wishes.get(wish)?.close();
    this.#wishes.delete(wish);
  }
}
