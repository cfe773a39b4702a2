import { expect, test } from "vitest";
import { type Entry, Pool } from "../../src/store/quarantine/pool.ts";

let number = 0;

function add(pool: Pool, uid: number, itemBytes: number): Entry {
  number += 1;
  const identity = { node: "n", x: `x${number}`, keyHash: "h" };
  const entry: Entry = { identity, uid, itemBytes, beginBytes: 0, held: undefined, changedAtMs: 0 };
  pool.put(identity.x, entry);
  pool.grow(entry, { bytes: itemBytes, files: 1 });
  return entry;
}

test("a uid that has its share drops an entry of its own, the oldest", () => {
  const pool = new Pool({ maxBytes: 100, maxFiles: 10 });
  add(pool, 1, 10);
  const own = add(pool, 2, 40);
  const growing = add(pool, 2, 20);
  expect(pool.victimFor(growing)).toBe(own);
});

test("a uid that has its share in one entry drops nobody's", () => {
  const pool = new Pool({ maxBytes: 100, maxFiles: 10 });
  add(pool, 1, 10);
  const growing = add(pool, 2, 60);
  expect(pool.victimFor(growing)).toBeUndefined();
});

test("a uid below its share drops the oldest entry of one that has its share", () => {
  const pool = new Pool({ maxBytes: 100, maxFiles: 10 });
  const growing = add(pool, 1, 10);
  const large = add(pool, 2, 60);
  add(pool, 2, 20);
  expect(pool.victimFor(growing)).toBe(large);
});
