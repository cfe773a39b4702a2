import { cpSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Execution } from "../../../src/wire/api.ts";
import { startDumpRelay } from "../../support/dump-relay.ts";
import { type IngestSite, ROOT, startIngestSite } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/**
 * What release 1 sent and stored, byte for byte: `logs` is a collector's folder after the session of a relay in
 * `relay-session.relp`, and `executions.json` its list; `mlrun.begin` and `mlrun.frames` are what mlrun told a gate.
 */
const RELEASE_1 = join(import.meta.dirname, "../../fixtures/release-1");
const read = (name: string) => readFileSync(join(RELEASE_1, name));
const EXECUTIONS: Omit<Execution, "run">[] = JSON.parse(read("executions.json").toString());

/** Its list, newest first: what release 1 said of each, and a run. The same node ran the job twice, one after the other. */
async function expectAll({ archive }: IngestSite): Promise<void> {
  const { executions } = await archive.list(ROOT, { limit: 10 });
  expect(executions).toEqual(EXECUTIONS.map((execution) => ({ ...execution, run: execution.x })));
  const { runs } = await archive.runs(ROOT, { job: "nightly", limit: 10 });
  expect(runs).toMatchObject([
    { executions: 1, failed: 1 },
    { executions: 1, failed: 1 },
  ]);
}

test("the folder of release 1 is opened, and its executions get their runs once and for all", async () => {
  const dataDir = await tempFolder();
  cpSync(join(RELEASE_1, "logs"), join(dataDir, "logs"), { recursive: true });
  const site = await startIngestSite({ dataDir });
  await expectAll(site);
  await site.stop();
  const again = await startIngestSite({ dataDir, reindex: true });
  await expectAll(again);
  const [oldest] = EXECUTIONS.toReversed();
  const name = `${oldest?.x}.node1.sh`;
  const sidecar = readFileSync(join(dataDir, "logs/root/2026-11-30", `${name}.meta`), "utf8");
  const stored = read(`logs/root/2026-11-30/${name}.meta`).toString();
  expect(sidecar).toBe(`${stored}${JSON.stringify({ t: "launch", run: oldest?.x })}\n`);
});

test("a relay of release 1 is taken, and every message answered once", async () => {
  const site = await startIngestSite();
  const session = read("relay-session.relp");
  const messages = session.toString("latin1").match(/^\d+ (open|syslog) \d+ /gm) ?? [];
  const relay = connect(site.relp.port, "127.0.0.1");
  let answers = "";
  relay.on("data", (data) => {
    answers += data.toString("latin1");
  });
  relay.write(session);
  const last = Number.parseInt(messages.at(-1) ?? "0", 10);
  await poll("the last answer", () => answers.includes(`\n${last} rsp 6 200 OK\n`));
  expect(answers.match(/^\d+ rsp \d+ 200 OK/gm)?.map((answer) => Number.parseInt(answer, 10))).toEqual(
    messages.map((message) => Number.parseInt(message, 10)),
  );
  await expectAll(site);
  relay.destroy();
});

test("mlrun of release 1 hands over to the gate, and both of its halves arrive", async () => {
  const relay = await startDumpRelay();
  const [begin, frames] = [read("mlrun.begin"), read("mlrun.frames")];
  const { x, k } = JSON.parse(begin.toString());
  const socket = connect({ path: join(relay.runDir, "mlrun.sock"), allowHalfOpen: true });
  let answers = "";
  socket.on("data", (data) => {
    answers += data.toString("latin1");
    if (answers === "K") socket.end(frames);
  });
  socket.write(`B ${x} ${k} ${begin.length}\n`);
  socket.write(begin);
  await poll("the confirmation", () => answers === "KT");
  const { begin: arrived, stdout, stderr } = await relay.execution(x);
  expect(arrived).toEqual(JSON.parse(begin.toString()));
  expect([stdout.toString(), stderr.toString()]).toEqual(["one\n", "two\n"]);
});
