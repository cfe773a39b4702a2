import type { Socket } from "node:net";
import { addressGroup } from "../host/address-group.ts";
import { FairPlaces } from "../host/fair-places.ts";

interface ConnectionPlacesOptions {
  readonly places: number;
  readonly placesPerAddress: number;
  /** Whether our proxy connects from this address: its connections are those of all clients. */
  readonly isProxy: (address: string | undefined) => boolean;
  /** Called when a connection found no place, or lost its place to another. */
  readonly onRefused: () => void;
}

/** Bounds browsers' TCP connections, with a fair share for each address, or IPv6 /56. */
export class ConnectionPlaces {
  readonly #options: ConnectionPlacesOptions;
  readonly #places: FairPlaces<Socket>;
  /**
   * Connections with a request or a WebSocket, named by both ends: TLS uses a different object for the same connection.
   * Those of a unix socket have no such names, and no TLS.
   */
  readonly #used = new Set<string | Socket>();
  #proxied = 0;

  constructor(options: ConnectionPlacesOptions) {
    const { places, placesPerAddress: placesPerHolder } = options;
    this.#options = options;
    this.#places = new FairPlaces({ places, placesPerHolder, isIdle: (socket) => !this.#used.has(endsOf(socket)) });
  }

  /** False if there was no place, or the client has gone already; then the socket is closed. */
  enter(socket: Socket): boolean {
    const { isProxy, onRefused } = this.#options;
    const ends = endsOf(socket);
    const { remoteAddress } = socket;
    const isProxied = isProxy(remoteAddress);
    if (remoteAddress === undefined && !isProxied) {
      socket.destroy();
      return false;
    }
    const holder = isProxied ? this.#proxyHolder() : addressGroup(remoteAddress ?? "");
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

  /** Notes a request on this connection. */
  use(socket: Socket): void {
    if (!socket.destroyed) this.#used.add(endsOf(socket));
  }

  /** Notes that the request was answered. */
  rest(socket: Socket): void {
    this.#used.delete(endsOf(socket));
  }

  /** Notes a login from this address: when places are rare, strangers go first. */
  confirm(address: string): void {
    this.#places.confirm(addressGroup(address));
  }

  /** Gives each connection of a proxy a holder of its own: it carries one client. */
  #proxyHolder(): string {
    this.#proxied += 1;
    return `proxied ${this.#proxied}`;
  }
}

function endsOf(socket: Socket): string | Socket {
  const { remoteAddress, remotePort, localPort } = socket;
  return remoteAddress === undefined ? socket : `${remoteAddress} ${remotePort} ${localPort}`;
}
