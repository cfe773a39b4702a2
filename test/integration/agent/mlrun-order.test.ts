import { expect, test } from "vitest";
import { orderFields } from "../../../src/agent/root/order-fields.ts";
import { runOrder } from "../../support/fleet-keys.ts";
import { run } from "../../support/processes.ts";
import { program } from "../../support/programs.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const [MLRUN] = program("mlrun");
const ORDER = runOrder({ argv: ["sh", "-c", "echo ran >&2"], env: ["A=b"], seconds: 5 });

async function obey(fields: string): Promise<{ code: number | null; stderr: string }> {
  const env = { HOME: await tempFolder(), PATH: process.env["PATH"] };
  return run(MLRUN, ["--order-fd", "0"], { input: fields, env });
}

test("an order that was cut after any of its fields, or in one, runs nothing", async () => {
  const fields = orderFields(ORDER, { x: ORDER.run, runDir: "/nonexistent", stopFile: "/nonexistent" });
  const ends = [...fields.matchAll(/\0/g)].map(({ index }) => index + 1).slice(0, -1);
  for (const bytes of [0, ...ends, ...ends.map((end) => end - 3)]) {
    const { code, stderr } = await obey(fields.slice(0, bytes));
    expect([bytes, code]).toEqual([bytes, 125]);
    expect(stderr).toMatch(/^mlrun: the order (is cut|has a field)/);
  }
});

test.each([
  ["a field that is not known", "id=01ARZ3NDEKTSV4RRFFQ69G5FA0\0shell=x\0arg=true\0end=\0", /not understood: shell/],
  ["an id that is none", "id=../x\0arg=true\0end=\0", /not understood: id/],
  ["a variable without a name", "id=01ARZ3NDEKTSV4RRFFQ69G5FA0\0env==x\0arg=true\0end=\0", /not understood: env/],
  ["something after its end", "id=01ARZ3NDEKTSV4RRFFQ69G5FA0\0arg=true\0end=\0arg=x\0", /cut or damaged/],
  [
    "more than one may hold",
    `id=01ARZ3NDEKTSV4RRFFQ69G5FA0\0arg=${"x".repeat(300_000)}\0end=\0`,
    /Cannot read the order/,
  ],
])("an order with %s runs nothing", async (_what, fields, said) => {
  expect(await obey(fields)).toMatchObject({ code: 125, stderr: expect.stringMatching(said) });
});

test("an order takes no command beside it", async () => {
  const { code, stderr } = await run(MLRUN, ["--order-fd", "0", "--", "true"]);
  expect([code, stderr]).toEqual([125, expect.stringContaining("the order has one")]);
});
