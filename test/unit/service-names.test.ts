import { describe, expect, test } from "vitest";
import { encodeOrder, type OrderOf, parseOrder } from "../../src/wire/fleet/order.ts";
import { isProgramName, isServiceName, userAndName } from "../../src/wire/fleet/service-name.ts";
import { parseServicesView } from "../../src/wire/fleet/services-view.ts";
import { FLEET, newRun, runOrder } from "../support/fleet-keys.ts";

const USERS = [
  "alice",
  "first.last",
  "first.last@corp.example",
  "Alice",
  "a_b-c+d",
  "0day",
  "EXAMPLE\\alice",
  "josé.núñez",
  "with space",
  "u".repeat(126),
];

function callOf(service: string): OrderOf<"call"> {
  const { fleet, run, user, nodes, issued } = runOrder();
  return {
    ...{ v: 1, kind: "call", fleet, run, user, nodes, issued, expires: issued + 1_000 },
    via: "ssh",
    service,
    input: "",
  };
}

describe.each(USERS)("what %s has published", (user) => {
  const name = `${user}/lab/jupyter`;

  test("is ordered, called and listed by one name", () => {
    const order = parseOrder(encodeOrder(runOrder({ user, publish: "lab/jupyter" })));
    expect(order).toMatchObject({ user, publish: "lab/jupyter" });
    expect(isServiceName(name)).toBe(true);
    expect(parseOrder(encodeOrder(callOf(name)))).toMatchObject({ service: name });
    const command = { node: "node1", owner: user, run: newRun(), x: newRun(), sinceMs: 1 };
    const services = [{ name, nodes: ["node1"], commands: [command] }];
    expect(parseServicesView({ id: FLEET, services })).toEqual({ id: FLEET, services });
    expect(userAndName(name)).toEqual([user, "lab/jupyter"]);
  });
});

test.each(["convert", "tools/convert", "a/b/c-1"])("a node's administrator offers %s", (name) => {
  expect([isProgramName(name), isServiceName(name)]).toEqual([true, true]);
});

test.each(["convert.bak", ".hidden", "tools/convert.dpkg-old", "first.last/x", "Tools", "a b"])(
  "%s is no program of an administrator's",
  (name) => {
    expect(isProgramName(name)).toBe(false);
  },
);

test.each([
  ...[
    "",
    "/",
    "/x",
    "x/",
    "a//b",
    "..",
    "../x",
    "a/../x",
    "first.last",
    "first.last/",
    "first.last/../x",
    "-x/y",
    ".x/y",
  ],
  ...["alice/UPPER", "alice/a.b", "alice/x\n", "alice\n/x", "al:ice/x", `${"u".repeat(126)}/${"p".repeat(60)}`],
])("%j is no name of a service", (name) => {
  expect(isServiceName(name)).toBe(false);
  expect(() => encodeOrder(callOf(name))).toThrow(RangeError);
});
