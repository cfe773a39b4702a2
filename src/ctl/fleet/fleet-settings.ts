import type { RemoteSettings } from "../remote/session.ts";

/** What commands of the fleet need besides. */
export interface FleetSettings extends RemoteSettings {
  /** `~/.ssh`. */
  readonly sshFolder: string;
  /** Calls back at each Ctrl-C, which then does not end the program, until the returned function is called. */
  readonly onInterrupt: (act: () => void) => () => void;
}
