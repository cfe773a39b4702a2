import type { RemoteSettings } from "../remote/session.ts";

/** What commands of the fleet need besides. */
export interface FleetSettings extends RemoteSettings {
  /** `~/.ssh`. */
  readonly sshFolder: string;
  /** Where orders wait for a collector that cannot be reached. */
  readonly stateFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Calls back at each Ctrl-C, which then does not end the program, until the returned function is called. */
  readonly onInterrupt: (act: () => void) => () => void;
}
