import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { OutboxDb } from "../../src/fleet/outbox/outbox-db.ts";
import { FLEET_LIMITS } from "../../src/wire/fleet/limits.ts";
import { encodeOrder } from "../../src/wire/fleet/order.ts";
import { partsOf, wholeOf } from "../../src/wire/fleet/order-parts.ts";
import { encodeSignedOrder } from "../../src/wire/fleet/signed-order.ts";
import { afterwards } from "../support/cleanup.ts";
import { cancelOrder, runOrder } from "../support/fleet-keys.ts";
import { tempFolder } from "../support/temp-folder.ts";

const LONGEST_SIG = "s".repeat(FLEET_LIMITS.maxSignatureBytes);
/** Names of so many characters. */
const nodesOf = (count: number, characters: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => {
    const name = `${String(at).padStart(4, "0")}.${"x".repeat(50)}.`.padEnd(characters, "example.org.");
    return `${name.slice(0, characters - 1)}z`;
  });

test.each([
  ["4,000 nodes with short names", nodesOf(4_000, 12), 1],
  ["4,000 nodes with names of 60 characters", nodesOf(4_000, 60), 2],
  ["4,000 nodes with the longest names", nodesOf(4_000, 253), 6],
])("an order to %s goes out in as few messages as it takes, and no node twice", (_, nodes, count) => {
  for (const order of [runOrder({ nodes }), cancelOrder(runOrder({ nodes }))]) {
    const parts = partsOf(order);
    expect(parts).toHaveLength(count);
    for (const part of parts)
      expect(() => encodeSignedOrder({ order: encodeOrder(part), sig: LONGEST_SIG })).not.toThrow();
    expect(wholeOf(parts)).toEqual(order);
  }
});

test("the longest names that fit beside a command fill a message, and one character more makes another one", () => {
  const order = runOrder({ nodes: nodesOf(100, 30), argv: ["sh", "-c", "x".repeat(100_000)] });
  const wide = (characters: number) => partsOf({ ...order, env: [`A=${"y".repeat(characters)}`] }).length;
  let [fits, tooMuch] = [1, 90_000];
  while (tooMuch - fits > 1) {
    const middle = Math.floor((fits + tooMuch) / 2);
    if (wide(middle) === 1) fits = middle;
    else tooMuch = middle;
  }
  const [part, ...others] = partsOf({ ...order, env: [`A=${"y".repeat(fits)}`] });
  expect(others).toEqual([]);
  const message = encodeSignedOrder({ order: part === undefined ? "" : encodeOrder(part), sig: LONGEST_SIG });
  expect(message).toHaveLength(FLEET_LIMITS.maxMessageBytes);
});

test.each([
  ["a command that fits into no message", 2, ["x".repeat(100_000), "y".repeat(100_000)], /has 200\d{3} bytes.*196608/],
  [
    "so many messages that nobody sends them",
    4_000,
    ["x".repeat(90_000), "y".repeat(90_000)],
    /limit is 8: name fewer/,
  ],
])("%s is refused with size and limit", (_, count, argv, said) => {
  expect(() => partsOf(runOrder({ nodes: nodesOf(count, 60), argv }))).toThrow(said);
});

test.each([
  ["another command", { argv: ["false"], nodes: ["b"] }],
  ["another run", { run: runOrder().run, nodes: ["b"] }],
  ["a node that is named already", { nodes: ["b", "a"] }],
])("orders that differ in %s are not parts of one", (_, more) => {
  const order = runOrder({ nodes: ["a"] });
  expect(wholeOf([order, { ...order, nodes: ["b"] }])?.nodes).toEqual(["a", "b"]);
  expect(wholeOf([order, { ...order, ...more }])).toBeUndefined();
});

test("an outbox of before there were parts keeps its runs, and its cancels", async () => {
  const path = join(await tempFolder(), "outbox.db");
  const old = new Database(path);
  old.exec(`CREATE TABLE runs (owner TEXT, run TEXT, job TEXT, argv TEXT, via TEXT, digest TEXT, issued INTEGER,
      expires INTEGER, message TEXT, PRIMARY KEY (owner, run)) WITHOUT ROWID;
    CREATE TABLE cancels (owner TEXT, run TEXT, by TEXT, digest TEXT, message TEXT, PRIMARY KEY (owner, run)) WITHOUT ROWID;
    INSERT INTO runs VALUES ('alice', 'R', 'job', '[]', 'ssh', 'order', 1, 2, '{}');
    INSERT INTO cancels VALUES ('alice', 'R', 'bob', 'cancel', '{"c":1}');`);
  old.close();
  for (let i = 0; i < 2; i += 1) {
    const db = new OutboxDb(path);
    afterwards(() => db.close());
    expect(db.run("alice", "R")).toMatchObject({ message: "{}", details: "{}", fromNode: 0, signer: "" });
    expect(db.messages.digests("alice", "R")).toEqual(["order"]);
    expect(db.messages.stop("alice", "R")).toEqual([{ by: "bob", signer: "", digest: "cancel", message: '{"c":1}' }]);
    db.close();
  }
});
