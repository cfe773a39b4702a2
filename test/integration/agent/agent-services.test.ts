import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { executionOf } from "../../../src/orders/execution-of.ts";
import type { FleetEventOf } from "../../../src/wire/fleet/event.ts";
import type { OrderOf } from "../../../src/wire/fleet/order.ts";
import { AgentSite } from "../../support/agent-site.ts";
import { newRun } from "../../support/fleet-keys.ts";
import { poll } from "../../support/poll.ts";
import { createTestUser } from "../../support/root.ts";

type Result = FleetEventOf<"result">;

const IS_ROOT = process.getuid?.() === 0;
let site: AgentSite;
/** Whom the services run as. */
let as: string;

beforeAll(async () => {
  as = IS_ROOT ? (await createTestUser("service")).name : userInfo().username;
  site = await AgentSite.create();
  await site.start();
});

/** Puts a service of the node's administrator in place: a script, as `as`. */
function offer(name: string, script: string, more: Readonly<Record<string, unknown>> = {}): void {
  site.program(`programs/${name.replaceAll("/", "-")}`, script);
  const argv = [join(site.folder, "programs", name.replaceAll("/", "-"))];
  const lines = Object.entries({ argv, as, groups: ["*"], ...more });
  const file = join(site.folder, "services.d", name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, lines.map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`).join(""), { mode: 0o644 });
}

function callOf(service: string, input = ""): OrderOf<"call"> {
  const { fleet, user, nodes, issued } = site.order();
  const times = { issued, expires: issued + 30_000, via: "ssh" } as const;
  return { v: 1, kind: "call", fleet, run: newRun(issued), user, nodes, ...times, service, input };
}

function resultsOf({ run }: { readonly run: string }): Result[] {
  return site.events.filter((event): event is Result => event.kind === "result" && event.run === run);
}

async function call(service: string, input = ""): Promise<Result> {
  const order = callOf(service, input);
  site.send(site.key.message(order));
  return poll(`the result of ${service}`, () => resultsOf(order)[0]).catch((error: unknown) => {
    throw new Error(`${error}; told: ${site.statesOf(order)}\n${site.root?.output()}`);
  });
}

async function refused(service: string): Promise<string> {
  const order = callOf(service);
  site.send(site.key.message(order));
  return (await site.until(order, "refused")).why;
}

test("a service gets the JSON of the call, runs as its user, and its JSON comes back", async () => {
  const input = JSON.stringify({ name: 'é "x" $HOME', list: [1, 2] });
  offer(
    "tools/echo",
    `printf '{"as":"%s","asks":"%s","fds":"%s","input":%s}' "$(id -un)" "$MARCOLOGGER_USER" \
    "$(ls /proc/self/fd | tr '\n' ' ')" "$(cat)"; echo said >&2`,
  );
  const result = await call("tools/echo", input);
  expect(result).toMatchObject({ state: "finished", code: 0, text: "said" });
  expect(JSON.parse(result.output)).toEqual({ as, asks: site.user, fds: "0 1 2 3 ", input: JSON.parse(input) });
});

test.each([
  ["fails", "echo why >&2; exit 3", {}, { state: "failed", code: 3, why: "", text: "why" }],
  ["prints no JSON", "echo hello", {}, { state: "failed", why: "not-json" }],
  ["prints nothing", "true", {}, { state: "finished", output: "" }],
  ["prints too much", "head -c 70000 /dev/zero | tr '\\0' 1", {}, { state: "failed", why: "answer" }],
  ["takes too long", "sleep 1000", { seconds: 1 }, { state: "failed", why: "slow" }],
  ["prints without end", "yes & yes >&2", { seconds: 1 }, { state: "failed", why: "slow" }],
  ["cannot be started", "", { argv: ["/nonexistent/x"] }, { state: "failed", why: "start" }],
])("one that %s is named", async (_, script, more, expected) => {
  offer("bad", script, more);
  expect(await call("bad")).toMatchObject(expected);
});

test("what it leaves behind ends with it", async () => {
  const mark = `8${process.pid}`;
  offer("leaves", `setsid sleep ${mark} >&2 & echo '{"pid":'$!'}'`);
  const { pid } = JSON.parse((await call("leaves")).output) as { pid: number };
  // Dead, though init may not have taken note of that yet.
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  expect(stdout.trim()).toMatch(/^(Z.*)?$/);
});

test("appears and disappears with its file, and is advertised meanwhile", async () => {
  expect(await refused("late")).toBe("no-such-service");
  offer("late", "echo 1");
  expect((await call("late")).state).toBe("finished");
  await poll("the advertisement", () => site.offered.includes("late"));
  expect(site.offered).toEqual([...site.offered].sort());
  rmSync(join(site.folder, "services.d/late"));
  expect(await refused("late")).toBe("no-such-service");
  await poll("the end of the advertisement", () => !site.offered.includes("late"));
});

test("a call of a folder's name, or of none that is there, is no fault of the node", async () => {
  offer("folder/in/it", "echo 1");
  for (const name of ["folder", "folder/in", "folder/in/it/below", "nowhere"])
    expect(await refused(name)).toBe("no-such-service");
  // Errors arrive in order: this one after the earlier ones.
  offer("folder/wrong", "echo 1", { as: "root" });
  const errors = () => site.events.flatMap((event) => (event.kind === "error" ? [event.text] : []));
  await poll("the error", () => errors().some((text) => text.includes("folder/wrong")));
  expect(errors().filter((text) => text.includes("folder") || text.includes("nowhere"))).toHaveLength(1);
});

test("what a command offers is advertised behind its user's name while it runs, and is not called", async () => {
  const name = `${site.user}/lab/of-tests`;
  const order = site.run("sleep 1000", { publish: "lab/of-tests" });
  await poll("the advertisement", () => site.offered.includes(name));
  const call = callOf(name);
  site.send(site.key.message(call));
  const { why, text } = await site.until(call, "refused");
  expect(why).toBe("not-offered");
  const x = executionOf(order.run, "node1");
  expect(text).toMatch(new RegExp(`execution ${x}, since 2\\S+Z; .mlctl tail ${x}. shows it to its user`));
  // Of one user no more than the others leave room for.
  const more = Array.from({ length: 16 }, (_, at) => site.run("sleep 1000", { publish: `of-tests-${at}` }));
  for (const each of more) await site.until(each, "started");
  const offered = () => site.offered.filter((each) => each.startsWith(`${site.user}/`));
  await poll("the others", () => offered().length === 16);
  for (const each of [order, ...more]) site.cancel(each);
  for (const each of [order, ...more]) await site.until(each, "failed");
  await poll("the end of the advertisements", () => offered().length === 0);
  expect(await refused(name)).toBe("no-such-service");
});

test("whose members may call it is the node's choice, and so is who may call at all", async () => {
  offer("members", site.counting("members", "echo 1"), { groups: ["nogroup-of-tests"] });
  expect(await refused("members")).toBe("service-not-allowed");
  offer("members", site.counting("members", "echo 1"));
  site.configure({ "call-users": ["somebody"] });
  expect(await refused("members")).toBe("calls-not-allowed");
  expect(site.count("members")).toBe(0);
  site.configure({});
  expect((await call("members")).state).toBe("finished");
});

test("a file that is wrong, or that others may write, offers nothing, and the collector hears why", async () => {
  const wrong = [
    ["others", {}, 0o666],
    ["root", { as: "root" }, 0o644],
    ["no-path", { argv: ["sh"] }, 0o644],
    ["other-key", { user: "x" }, 0o644],
    ["too-long", { seconds: 60 }, 0o644],
  ] as const;
  for (const [name, more, mode] of wrong) {
    offer(`wrong/${name}`, site.counting("wrong", "echo 1"), more);
    chmodSync(join(site.folder, "services.d/wrong", name), mode);
  }
  for (const [name] of wrong) expect(await refused(`wrong/${name}`)).toBe("no-such-service");
  const told = (name: string) => site.events.find((event) => event.kind === "error" && event.text.includes(name));
  await poll("the errors", () => wrong.every(([name]) => told(`wrong/${name}`)));
  expect(site.count("wrong")).toBe(0);
});

test("is executed once, however often the call comes and whatever is killed", async () => {
  offer("once", site.counting("once", "echo 1"));
  const order = callOf("once");
  const message = site.key.message(order);
  for (let i = 0; i < 5; i += 1) site.send(message);
  await poll("the result", () => resultsOf(order).length > 0);
  await site.kill();
  await site.start();
  site.events.length = 0;
  site.send(message);
  // The collector asks again: it gets the same answer.
  const [again] = await poll("the result again", () => resultsOf(order).length > 0 && resultsOf(order));
  expect([again?.state, again?.output, site.count("once")]).toEqual(["finished", "1", 1]);
});

test("continues while the agent is killed, and the next agent reports its answer", async () => {
  const go = join(site.folder, "count/go");
  offer("slow", `${site.counting("slow")} until [ -e ${go} ]; do sleep 0.05; done; echo '"done"'`);
  // What a test has started ends with it.
  await site.start();
  const order = callOf("slow");
  site.send(site.key.message(order));
  await poll("the service", () => site.count("slow") === 1);
  await site.kill();
  writeFileSync(go, "");
  await site.start();
  const [result] = await poll("the result", () => resultsOf(order).length > 0 && resultsOf(order));
  expect([result?.state, result?.output, site.count("slow")]).toEqual(["finished", '"done"', 1]);
});
