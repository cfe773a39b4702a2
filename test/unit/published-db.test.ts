import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test, vi } from "vitest";
import { OutboxDb } from "../../src/fleet/outbox/outbox-db.ts";
import { afterwards } from "../support/cleanup.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("the run of a published command is found by its name, however many runs of its user are kept", async () => {
  const path = join(await tempFolder(), "outbox.db");
  const prepare = vi.spyOn(Database.prototype, "prepare");
  afterwards(() => prepare.mockRestore());
  const outbox = new OutboxDb(path);
  const questions = prepare.mock.calls.map(([sql]) => sql).filter((sql) => sql.includes("$.publish"));
  outbox.close();
  const db = new Database(path);
  afterwards(() => void db.close());
  const plans = questions.map((sql) => {
    const explain = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
    return explain.all({ owner: "alice", name: "lab" }).map(({ detail }) => detail);
  });
  // No run that has ended is looked at, nor a node of another run.
  const first = expect.stringMatching(
    /^SEARCH runs USING (COVERING )?INDEX open_published \(owner=\? AND <expr>=\?\)$/,
  );
  const then = "SEARCH targets USING PRIMARY KEY (owner=? AND run=?)";
  expect(plans).toEqual([[first, then, expect.stringContaining("ORDER BY")]]);
});
