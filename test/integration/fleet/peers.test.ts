import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { startAgent, trustLine } from "../../support/fleet-agents.ts";
import { FleetKey } from "../../support/fleet-keys.ts";
import { makeCertificate } from "../../support/own-certificate.ts";
import { poll } from "../../support/poll.ts";
import { run } from "../../support/processes.ts";
import { RemoteMlctl } from "../../support/remote-mlctl.ts";
import { Site } from "../../support/site.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** Has no node; Berlin has one, with a service. */
let here: Site;
let berlin: Site;
let mlctl: RemoteMlctl;
let admin: RemoteMlctl;
let key: FleetKey;
let token: string;

beforeAll(async () => {
  const folder = await tempFolder();
  const { cert, key: certKey } = makeCertificate(folder, "berlin");
  const group = (await run("id", ["-gn"])).stdout.trim();
  const settings = [`web-cert = "${cert}"`, `web-key = "${certKey}"`, `admin-group = "${group}"`];
  berlin = await Site.create({ hasFleet: true, settings: `${settings.join("\n")}\n` });
  [mlctl, admin] = [await RemoteMlctl.create(), await RemoteMlctl.create()];
  mkdirSync(join(mlctl.folder, ".ssh"));
  key = FleetKey.make(join(mlctl.folder, ".ssh"), "id_ed25519");

  const url = `https://127.0.0.1:${berlin.webPort}`;
  expect(await admin.run(["login", `${url}/#code=${codeOf(berlin)}`, "--ca", cert])).toMatchObject({ code: 0 });
  await berlin.restartCollector("SIGTERM");
  const made = await admin.here(["tokens", "create", "here", "--scope", "peer", "--code", codeOf(berlin)]);
  expect(made).toMatchObject({ code: 0, stderr: "" });
  token = made.stdout.trim();
  const tokenFile = join(folder, "token");
  writeFileSync(tokenFile, token, { mode: 0o600 });
  const joined = ["[peers.berlin]", `url = "${url}"`, `token = "${tokenFile}"`, `ca = "${cert}"`];
  await berlin.mlctl("pki", "issue", "node1", "--dir", berlin.pki);
  await berlin.collector.waitFor(/broker admits nodes nodes=1/);
  const services = join(berlin.folder, "node1-agent/services.d");
  mkdirSync(services, { recursive: true });
  const as = process.getuid?.() === 0 ? "nobody" : userInfo().username;
  const argv = JSON.stringify(["/bin/sh", "-c", `printf '{"got":%s}' "$(cat)"`]);
  writeFileSync(join(services, "count"), `argv = ${argv}\nas = "${as}"\ngroups = ["*"]\n`);
  const trust = trustLine(userInfo().username, key);
  [here] = await Promise.all([
    Site.create({ hasFleet: true, settings: `${joined.join("\n")}\n` }),
    startAgent(berlin, { node: "node1", runDir: join(berlin.folder, "node1") }, { trust }),
  ]);
  expect(await mlctl.run(["login", `${here.origin}/#code=${codeOf(here)}`])).toMatchObject({ code: 0 });

  // What it offers is asked for once in ten seconds.
  await poll("the service", async () => (await admin.here(["services"])).stdout.includes("count"));
});

/** What the collector printed last, to sign in with once. */
const codeOf = ({ collector }: Site) => [...collector.output().matchAll(/#code=(\S+)/g)].at(-1)?.[1] ?? "";
const call = (...words: readonly string[]) => mlctl.here(["call", "--key", key.path, ...words]);
const audited = ({ dataDir }: Site) =>
  readFileSync(join(dataDir, "audit/audit.log"), "utf8")
    .split("\n")
    .filter((line) => line.includes('"event":"call"'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test("a service that no node here has is called at the joined collector; its node verifies who signed", async () => {
  const listed = await mlctl.here(["services"]);
  expect(listed).toMatchObject({ code: 0, stdout: "count\tnode1 of berlin\t-\t-\t-\n", stderr: "" });
  expect(await call("count", '{"n":1}')).toMatchObject({ code: 0, stdout: '{"got":{"n":1}}\n', stderr: "" });
  const stranger = FleetKey.make(mlctl.folder, "stranger");
  const refused = await mlctl.here(["call", "--key", stranger.path, "count"]);
  expect(refused).toMatchObject({ code: 125, stdout: "" });
  expect(refused.stderr).toMatch(/node1 of berlin: refuses the call: No trust file/);
  const { username } = userInfo();
  const order = { outcome: "ok", user: username, kind: "call", what: "count" };
  await poll("the audit", () => audited(here).length === 2 && audited(berlin).length === 2);
  expect(audited(here)).toMatchObject([
    { ...order, passedOn: "to berlin" },
    { ...order, passedOn: "to berlin" },
  ]);
  expect(audited(berlin)).toMatchObject([
    { ...order, passedOn: "from a peer" },
    { ...order, passedOn: "from a peer" },
  ]);
  expect(await here.metrics()).toContain('ml_fleet_passed_calls_total{outcome="called"} 2');
  expect(await berlin.metrics()).toContain("ml_fleet_calls_of_peers_total 2");
});

test("what does not work is named with the joined collector; nothing shows the token", async () => {
  expect(await call("nothing")).toMatchObject({ code: 1, stderr: expect.stringContaining("No node that is there") });
  const { stdout } = await admin.here(["tokens", "--json"]);
  const ids = stdout.split("\n").flatMap((line) => (line.includes('"here"') ? [JSON.parse(line).id as string] : []));
  expect([ids.length, stdout.includes('"scopes":["peer"]')]).toEqual([1, true]);
  await berlin.restartCollector("SIGKILL");
  expect(await admin.here(["tokens", "revoke", ids[0] ?? "", "--code", codeOf(berlin)])).toMatchObject({ code: 0 });
  const denied = await call("count");
  expect(denied.code).not.toBe(0);
  expect(denied.stderr).toMatch(/berlin does not take this collector's token|berlin cannot be asked/);
  await berlin.collector.end("SIGKILL");
  const gone = await call("count");
  expect(gone.code).not.toBe(0);
  expect(gone.stderr).toContain("berlin");
  for (const site of [here, berlin])
    expect(`${site.collector.output()}${JSON.stringify(audited(site))}`).not.toContain(token);
});
