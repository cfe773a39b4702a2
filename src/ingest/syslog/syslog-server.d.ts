declare module "syslog-server" {
  import type { EventEmitter } from "node:events";

  interface SyslogMessage {
    readonly date: Date;
    /** Address of the sender. */
    readonly host: string;
    readonly message: string;
    readonly protocol: string;
  }

  class SyslogServer extends EventEmitter<{ message: [SyslogMessage]; error: [Error]; start: []; stop: [] }> {
    start(options: { port: number; address: string; exclusive: boolean }): Promise<void>;
    stop(): Promise<void>;
  }

  export default SyslogServer;
}
