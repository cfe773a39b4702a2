import { networkInterfaces } from "node:os";

/** An address of this machine; `internal`: of its loopback interface. */
interface OwnAddress {
  readonly address: string;
  readonly internal: boolean;
}

/**
 * The machine's addresses; none where the kernel does not give them: in a service without AF_NETLINK (systemd.exec(5)),
 * or a sandbox.
 */
export function ownAddresses(read = networkInterfaces): readonly OwnAddress[] {
  try {
    return Object.values(read()).flatMap((all) => all ?? []);
  } catch {
    return [];
  }
}
