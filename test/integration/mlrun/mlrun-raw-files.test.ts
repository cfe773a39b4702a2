import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeRecord, RECORD } from "../../../src/run/output/records.ts";
import { dumpRelay } from "../../support/dump-relay.ts";
import { cleanEnvironment, mlrun } from "../../support/mlrun.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const { types } = RECORD;
const BAD = "01JCABCDEFGHJKMNPQRSTVWXYZ";
const GOOD = "01JCABCDEFGHJKMNPQRSTVWXZZ";
const WRITER = "1-1-1";

/** A relay, and a spool with one raw file that is whole, behind another one in the order of delivery. */
async function place() {
  const relay = await dumpRelay();
  const folder = await tempFolder();
  const spool = join(folder, "spool");
  await mkdir(spool, { mode: 0o700 });
  const begin = (x: string, runDir = relay.runDir) => {
    const fields = [`x=${x}`, `key=${"k".repeat(22)}`, "job=j", "node=n", "pid=7", "cwd=/", "arg=true"];
    const where = [`started-us=1700000000000000`, `run-dir=${runDir}`, `MLRUN_SPOOL_DIR=${spool}`];
    return makeRecord(types.begin, Buffer.from([...fields, ...where, ""].join("\0")));
  };
  const output = makeRecord(types.stdout, Buffer.from("kept\n"));
  await writeFile(join(spool, `${GOOD}.${WRITER}.raw`), Buffer.concat([begin(GOOD), output]));
  await relay.start();
  const env = cleanEnvironment({ MLRUN_RUN_DIR: relay.runDir, MLRUN_SPOOL_DIR: spool });
  const write = (...records: Buffer[]) => writeFile(join(spool, `${BAD}.${WRITER}.raw`), Buffer.concat(records));
  return { relay, folder, spool, env, begin, output, write };
}

/** A record as a damaged file may have it. */
function damaged(type: string, payload: Buffer, more: { readonly length?: number; readonly timeUs?: bigint }): Buffer {
  const record = makeRecord(type, payload);
  record.writeUInt32LE(more.length ?? payload.length, 0);
  record.writeBigUInt64LE(more.timeUs ?? 0n, 8);
  return record;
}

test.each<[string, Buffer[], string]>([
  ["a process id without octets", [makeRecord(types.pid)], "kept\n"],
  ["a status of two octets", [makeRecord(types.exit, Buffer.alloc(2))], "kept\n"],
  ["a time in the far future", [damaged(types.exit, Buffer.alloc(4), { timeUs: 2n ** 64n - 1n })], "kept\n"],
  ["a record longer than the file", [damaged(types.begin, Buffer.alloc(0), { length: 0xffff_ffff })], ""],
])("a raw file with %s is logged as far as it goes, and holds up no other", async (_, records, printed) => {
  const { relay, spool, env, begin, output, write } = await place();
  await write(begin(BAD), ...records, output);
  expect(await mlrun(["--flush"], { env })).toMatchObject({
    code: 0,
    stdout: "mlrun: 2 delivered, 0 waiting\n",
    stderr: "",
  });
  expect((await relay.execution(BAD)).stdout.toString()).toBe(printed);
  expect((await relay.execution(GOOD)).stdout.toString()).toBe("kept\n");
  expect(await readdir(spool)).toEqual([]);
});

test("a raw file without a BEGIN is set aside, not called delivered", async () => {
  const { relay, spool, env, output, write } = await place();
  await write(output);
  const result = await mlrun(["--flush"], { env });
  expect(result).toMatchObject({ code: 0, stdout: "mlrun: 1 delivered, 0 waiting\n" });
  expect(result.stderr).toMatch(/^mlrun: .*\.raw cannot be delivered and is \*\.raw-damaged now: .*\n$/);
  expect((await relay.execution(GOOD)).stdout.toString()).toBe("kept\n");
  expect(await readdir(spool)).toEqual([`${BAD}.${WRITER}.raw-damaged`]);
});

test("an id that is a path leads nowhere", async () => {
  const { folder, spool, env, begin, output, write } = await place();
  await rm(join(spool, `${GOOD}.${WRITER}.raw`));
  // Without a relay, what the file holds would go into the spool.
  await write(begin("../../escaped", join(folder, "none")), output);
  await mlrun(["--flush"], { env });
  expect(await readdir(folder)).toEqual(["spool"]);
  expect(await readdir(spool)).toEqual([`${BAD}.${WRITER}.raw-damaged`]);
});
