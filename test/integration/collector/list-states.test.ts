import { expect, test, vi } from "vitest";
import { IndexDb } from "../../../src/store/index/index-db.ts";
import { FakeItems } from "../../support/fake-items.ts";
import { ROOT, startIngestSite } from "../../support/ingest-site.ts";

const EXECUTIONS = 200;
/** Rows of one transaction: all of it is in one turn of the event loop. */
const MAX_ROWS = 32;

test("a list that asks for states finds all that have just changed, and writes few of them in one turn", async () => {
  const on = await startIngestSite();
  const all = Array.from({ length: EXECUTIONS }, () => new FakeItems());
  for (const one of all) await one.claim(on);
  await on.store.store(all.map((one) => one.end(on, 0)));
  const rows: number[] = [];
  const put = IndexDb.prototype.put;
  vi.spyOn(IndexDb.prototype, "put").mockImplementation(function (this: IndexDb, some) {
    rows.push(some.length);
    put.call(this, some);
  });
  const { executions } = await on.archive.list(ROOT, { state: "finished", limit: EXECUTIONS + 1 });
  vi.restoreAllMocks();
  expect(executions).toHaveLength(EXECUTIONS);
  expect(Math.max(...rows)).toBeLessThanOrEqual(MAX_ROWS);
});
