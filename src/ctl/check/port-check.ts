import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import type { Address } from "../../host/config-fields.ts";
import { codeOf, type Finding, failed, ok, warning } from "./finding.ts";

const LAST_PRIVILEGED_PORT = 1_023;

interface PortNeeds {
  /** Its key in collector.toml. */
  readonly what: string;
  readonly address: Address;
  readonly isUdp?: boolean;
  /** The service is not running: nobody else may have the port. */
  readonly mustBeFree: boolean;
}

/** Tests whether the service can listen there, by listening for a moment. */
export async function checkPort(needs: PortNeeds): Promise<Finding> {
  const { what, address, isUdp = false, mustBeFree } = needs;
  const { host, port } = address;
  const where = `${host}:${port}`;
  try {
    await (isUdp ? bindUdp(address) : listenTcp(address));
    return ok(what, where);
  } catch (error) {
    const code = codeOf(error);
    if (code === "EADDRINUSE" && !mustBeFree) return ok(what, `${where} is in use: by the collector, if it runs`);
    if (code === "EADDRINUSE") {
      return failed(what, `${where} is in use by another process`, `ss -lnp 'sport = :${port}' shows by which`);
    }
    if (code === "EACCES" && port <= LAST_PRIVILEGED_PORT) {
      const found = `${where}: ports below ${LAST_PRIVILEGED_PORT + 1} are for root`;
      return failed(what, found, `choose a higher port, or see "A port below 1024" in systemd/README.md`);
    }
    if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
      return warning(what, `${host} has no address now`, "write an address instead, or 0.0.0.0 for all");
    }
    const next = "`ip address` shows those that this machine has; 0.0.0.0 stands for all";
    return failed(what, `cannot listen on ${where}: ${code}`, next);
  }
}

async function listenTcp({ host, port }: Address): Promise<void> {
  const server = createServer();
  server.listen({ host, port });
  await once(server, "listening");
  server.close();
  await once(server, "close");
}

async function bindUdp({ host, port }: Address): Promise<void> {
  const socket = createSocket("udp4");
  try {
    socket.bind(port, host);
    await once(socket, "listening");
  } finally {
    socket.close();
  }
}
