import { expect } from "vitest";
import type { FleetThread } from "../../src/fleet/thread/fleet-thread.ts";
import type { OrderOf } from "../../src/wire/fleet/order.ts";
import { ApiClient } from "./api-client.ts";
import { afterwards } from "./cleanup.ts";
import { FakeAgent } from "./fake-agent.ts";
import { makeFleetPki } from "./fleet-broker.ts";
import { FleetKey, runOrder } from "./fleet-keys.ts";
import { newFleetThread } from "./new-fleet.ts";
import { tempFolder } from "./temp-folder.ts";
import { startWeb, type WebFixtureOptions } from "./web.ts";

/** A web server over a fleet of one node, whose agent the test plays, and two users of it. */
export class FleetApi {
  readonly fleet: FleetThread;
  readonly agent: FakeAgent;
  /** Alice's key. */
  readonly key: FleetKey;
  readonly web: Awaited<ReturnType<typeof startWeb>>;
  readonly alice: ApiClient;
  readonly bob: ApiClient;

  private constructor(parts: Pick<FleetApi, "fleet" | "agent" | "key" | "web">) {
    ({ fleet: this.fleet, agent: this.agent, key: this.key, web: this.web } = parts);
    this.alice = new ApiClient(this.web.origin);
    this.bob = new ApiClient(this.web.origin);
  }

  static async start(options: WebFixtureOptions = {}): Promise<FleetApi> {
    const pki = await makeFleetPki(["node1"]);
    const dataDir = await tempFolder();
    const fleet = newFleetThread({ pki, dataDir });
    const agent = await FakeAgent.connect(await fleet.start(), { pki, node: "node1" });
    afterwards(() => fleet.stop());
    const web = await startWeb({ fleet, ...options });
    const api = new FleetApi({ fleet, agent, key: FleetKey.make(dataDir, "alice"), web });
    await signIn(api.alice, "alice");
    await signIn(api.bob, "bob");
    return api;
  }

  async signedIn(user: string): Promise<ApiClient> {
    const client = new ApiClient(this.web.origin);
    await signIn(client, user);
    return client;
  }

  order(more: Partial<OrderOf<"run">> = {}): OrderOf<"run"> {
    return runOrder({ fleet: this.fleet.id, ...more });
  }

  post(client: ApiClient, of: OrderOf<"run">): Promise<Response> {
    return send(client, "POST", "/api/runs", this.key.signed(of));
  }

  /** An order of Alice's, stored. */
  async stored(more: Partial<OrderOf<"run">> = {}): Promise<OrderOf<"run">> {
    const made = this.order(more);
    expect((await this.post(this.alice, made)).status).toBe(201);
    return made;
  }
}

async function signIn(client: ApiClient, user: string): Promise<void> {
  expect(await client.login({ user, password: "right" })).toBe(204);
}

/** Sends a body of JSON. */
export function send(client: ApiClient, method: string, path: string, body: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return client.request(path, { method, headers, body: JSON.stringify(body) });
}
