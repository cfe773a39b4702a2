import { readFileSync } from "node:fs";
import type { NetworkInterfaceInfo } from "node:os";
import { expect, test } from "vitest";
import { ownAddresses } from "../../src/host/own-addresses.ts";

test("lists the addresses of all interfaces", () => {
  const of = (address: string, internal: boolean): NetworkInterfaceInfo => ({
    ...{ address, internal, family: "IPv4", netmask: "255.0.0.0", mac: "00:00:00:00:00:00", cidr: null },
  });
  const [loopback, own] = [of("127.0.0.1", true), of("192.0.2.7", false)];
  expect(ownAddresses(() => ({ lo: [loopback], eth0: [own], down: undefined }))).toEqual([loopback, own]);
});

test("lists none where getifaddrs(3) fails, as in a service without AF_NETLINK", () => {
  const read = () => {
    throw new Error("uv_interface_addresses returned Unknown system error 97");
  };
  expect(ownAddresses(read)).toEqual([]);
});

test.each(["marcologger-agent", "mlcollector"])("%s.service may ask for them", (name) => {
  const unit = readFileSync(new URL(`../../systemd/${name}.service`, import.meta.url), "utf8");
  expect(unit).toMatch(/^RestrictAddressFamilies=.*\bAF_NETLINK\b/m);
});
