import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkArrival } from "../../../src/run/doctor/arrival-check.ts";
import { formatFinding } from "../../../src/run/doctor/finding.ts";
import { afterwards } from "../../support/cleanup.ts";
import { Site } from "../../support/site.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const X = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const EXPIRES = "2099-01-01T00:00:00Z";

async function accountFile(url: string, token = "a token"): Promise<string> {
  const home = await tempFolder();
  await mkdir(join(home, ".config/marcologger"), { recursive: true });
  const file = join(home, ".config/marcologger/login.json");
  await writeFile(file, JSON.stringify({ url, user: "alice", token, expiresAt: EXPIRES }));
  return file;
}

async function serverThatAnswers(status: number): Promise<string> {
  const server = createServer((_, response) => void response.writeHead(status).end("{}"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterwards(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("mlrun --doctor sees its execution complete at a real collector, where mlctl has signed in", async () => {
  const site = await Site.create();
  const relay = await site.startRelay("node1");
  const api = await site.api();
  const asked = { name: "doctor", scopes: ["read"], days: 1 };
  const headers = { "content-type": "application/json", origin: site.origin };
  const made = await api.request("/api/tokens", { method: "POST", headers, body: JSON.stringify(asked) });
  const { token } = (await made.json()) as { token: string };
  const file = await accountFile(site.origin, token);
  const { stdout } = await site.mlrun(relay, ["--doctor"], { env: { XDG_CONFIG_HOME: join(file, "../..") } });
  expect(stdout).toMatch(/^ok +hand-over /m);
  expect(stdout).toMatch(/^ok +collector +http:\S+ has all of the test execution \(asked for \d+ ms\)$/m);
});

test.each([
  [404, /^wrong +collector +\S+ has no such execution of alice within 0 s\n +mend: the relay's log says why/],
  [401, /^unknown +collector +\S+ does not take the token any more: `mlctl login` makes a new one$/],
  [500, /^unknown +collector +\S+ does not answer \(500\)$/],
])("a collector that answers %i", async (status, found) => {
  const where = { accountFile: await accountFile(await serverThatAnswers(status)), x: X, withinMs: 0 };
  expect(formatFinding(await checkArrival(where), false)).toMatch(found);
});

test("nobody has signed in", async () => {
  const finding = await checkArrival({ accountFile: join(await tempFolder(), "login.json"), x: X });
  expect(formatFinding(finding, false)).toMatch(/^unknown +collector +whether lines arrive is not known here/);
});
