import type { Place } from "./url-state.ts";
import { formatPlace, parsePlace } from "./url-state.ts";

interface NavigationOptions {
  readonly window: Window;
  readonly onChange: () => void;
  /** The user opened an address with a one-time login code while the viewer was already open. */
  readonly onLoginCode: (code: string) => void;
}

/** The address bar: the only holder of the viewer's place. */
export class Navigation {
  readonly #window: Window;
  readonly #onChange: () => void;
  #place: Place;

  constructor({ window, onChange, onLoginCode }: NavigationOptions) {
    this.#window = window;
    this.#onChange = onChange;
    this.#place = parsePlace(window.location.search);
    // Fires even when only the fragment differs (HTML standard, "navigate to a fragment").
    window.addEventListener("popstate", () => {
      this.#place = parsePlace(window.location.search);
      const code = this.takeLoginCode();
      if (code === undefined) onChange();
      else onLoginCode(code);
    });
  }

  get place(): Place {
    return this.#place;
  }

  /** Goes to another page; Back returns. */
  go(place: Place): void {
    this.#set(place);
    this.#window.history.pushState(null, "", this.href(place));
    this.#onChange();
  }

  /** Changes how the current page looks, without a history entry. */
  adjust(place: Place): void {
    this.#set(place);
    this.#window.history.replaceState(null, "", this.href(place));
    this.#onChange();
  }

  /** Records in the address bar a place that the screen already shows. Notifies no listener. */
  note(place: Place): void {
    this.#set(place);
    this.#window.history.replaceState(null, "", this.href(place));
  }

  href(place: Place): string {
    return `${this.#window.location.pathname}${formatPlace(place)}`;
  }

  /** Removes the one-time login code from the fragment: it must not stay in the address bar or the history. */
  takeLoginCode(): string | undefined {
    const code = new URLSearchParams(this.#window.location.hash.slice(1)).get("code");
    if (code === null) return undefined;
    this.#window.history.replaceState(null, "", this.href(this.#place));
    return code;
  }

  #set(place: Place): void {
    this.#place = place;
  }
}
