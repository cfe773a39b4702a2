import { beforeAll, describe, expect, test } from "vitest";
import type { Fleet } from "../../../src/fleet/fleet.ts";
import { ApiClient } from "../../support/api-client.ts";
import { afterwards } from "../../support/cleanup.ts";
import { makeFleetPki } from "../../support/fleet-broker.ts";
import { FleetKey, runOrder } from "../../support/fleet-keys.ts";
import { newFleet } from "../../support/new-fleet.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startWeb } from "../../support/web.ts";

let fleet: Fleet;
let site: Awaited<ReturnType<typeof startWeb>>;
/** One that does not end. */
let run: string;

beforeAll(async () => {
  const [pki, dataDir] = [await makeFleetPki(["node1"]), await tempFolder()];
  fleet = newFleet({ pki, dataDir });
  await fleet.start();
  afterwards(() => fleet.stop());
  site = await startWeb({ fleet });
  const order = runOrder({ fleet: fleet.id });
  await fleet.submit(order, [FleetKey.make(dataDir, "alice").signed(order)]);
  run = order.run;
});

async function signedIn(): Promise<ApiClient> {
  const client = new ApiClient(site.origin);
  expect(await client.login({ user: "alice", password: "right" })).toBe(204);
  return client;
}

const post = (client: ApiClient, path: string, body: unknown) =>
  client.request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

/** Resolves when the first state has come. `ended` resolves at the end of the answer. */
async function following(path: string, client: ApiClient, headers: Record<string, string> = {}) {
  const answer = await client.request(path, { headers });
  expect(answer.status).toBe(200);
  const reader = answer.body?.getReader();
  expect((await reader?.read())?.done).toBe(false);
  const untilEnd = async () => {
    while ((await reader?.read())?.done === false);
    return "ended";
  };
  return { ended: untilEnd() };
}

const PATHS: readonly [string, () => string][] = [
  ["a run", () => `/api/runs/${run}?follow=1`],
  ["several runs", () => `/api/orders?follow=${run}`],
  ["the nodes", () => "/api/fleet?follow=1"],
];

describe.each(PATHS)("who follows %s hears no more", (_, path) => {
  test("once they have signed out", async () => {
    const [client, other] = [await signedIn(), await signedIn()];
    const [own, others] = [await following(path(), client), await following(path(), other)];
    expect((await post(client, "/api/logout", {})).status).toBe(204);
    expect(await own.ended).toBe("ended");
    expect((await client.request(path())).status).toBe(401);
    // Another session of the same user goes on.
    expect((await other.request(path().replace("follow=1", ""))).status).toBe(200);
    await post(other, "/api/logout", { everywhere: true });
    expect(await others.ended).toBe("ended");
  });

  test("once their token was deleted", async () => {
    const client = await signedIn();
    const made = await post(client, "/api/tokens", { name: "bot", scopes: ["read"], days: 1 });
    const { token } = (await made.json()) as { token: string };
    const headers = { authorization: `Bearer ${token}` };
    const { ended } = await following(path(), new ApiClient(site.origin), headers);
    const { tokens } = await client.json<{ tokens: { id: string; name: string }[] }>("/api/tokens");
    for (const { id } of tokens) await client.request(`/api/tokens/${id}`, { method: "DELETE" });
    expect(await ended).toBe("ended");
    expect((await new ApiClient(site.origin).request(path(), { headers })).status).toBe(401);
  });
});
