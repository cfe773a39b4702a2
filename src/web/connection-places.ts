import type { Socket } from "node:net";
import { addressGroup } from "../host/address-group.ts";
import { FairPlaces } from "../host/fair-places.ts";

export interface ConnectionPlacesOptions {
  readonly places: number;
  readonly placesPerAddress: number;
  /** Whether a proxy of ours connects from there: it brings everybody. */
  readonly isProxy: (address: string | undefined) => boolean;
  /** A connection found no place, or lost its place to another. */
  readonly onRefused: () => void;
}

/** Which TCP connections of browsers there may be: a fair share for each address, or IPv6 /56. */
export class ConnectionPlaces {
  readonly #options: ConnectionPlacesOptions;
  readonly #places: FairPlaces<Socket>;
  /** Those with a request, or a WebSocket. TLS makes another object of the same connection: known by its ends. */
  readonly #used = new Set<string>();
  #proxied = 0;

  constructor(options: ConnectionPlacesOptions) {
    const { places, placesPerAddress: placesPerHolder } = options;
    this.#options = options;
    this.#places = new FairPlaces({ places, placesPerHolder, isIdle: (socket) => !this.#used.has(endsOf(socket)) });
  }

  /** False when there was no place: the socket is closed then. */
  enter(socket: Socket): boolean {
    const { isProxy, onRefused } = this.#options;
    const ends = endsOf(socket);
    const holder = isProxy(socket.remoteAddress) ? this.#proxyHolder() : addressGroup(socket.remoteAddress ?? "");
    const { isIn, displaced } = this.#places.enter(holder, socket);
    if (displaced !== undefined || !isIn) onRefused();
    displaced?.destroy();
    if (!isIn) {
      socket.destroy();
      return false;
    }
    socket.on("close", () => {
      this.#places.leave(holder, socket);
      this.#used.delete(ends);
    });
    return true;
  }

  /** A request came on this connection. */
  use(socket: Socket): void {
    if (!socket.destroyed) this.#used.add(endsOf(socket));
  }

  /** It was answered. */
  rest(socket: Socket): void {
    this.#used.delete(endsOf(socket));
  }

  /** Somebody signed in from there: when places are rare, strangers go first. */
  confirm(address: string): void {
    this.#places.confirm(addressGroup(address));
  }

  /** Each connection of a proxy is one client's. */
  #proxyHolder(): string {
    this.#proxied += 1;
    return `proxied ${this.#proxied}`;
  }
}

function endsOf({ remoteAddress, remotePort, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localPort}`;
}
