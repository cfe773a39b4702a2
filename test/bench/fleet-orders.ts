import { randomBytes } from "node:crypto";
import { userInfo } from "node:os";
import type { OrderOf } from "../../src/wire/fleet/order.ts";
import type { SignedOrder } from "../../src/wire/fleet/signed-order.ts";
import { makeExecutionId } from "../../src/wire/ids.ts";
import { runOrder } from "../support/fleet-keys.ts";
import { poll } from "../support/poll.ts";
import { type Crowd, NODES } from "./crowd-site.ts";

const STORED_WITHIN_MS = 60_000;
const ASK_LIFE_MS = 30_000;
const MICROSECONDS_PER_MS = 1_000;

/** Orders and questions to all nodes of a crowd, as a user sends them. */
export class CrowdOrders {
  readonly #crowd: Crowd;

  constructor(crowd: Crowd) {
    this.#crowd = crowd;
  }

  dryRun(): SignedOrder {
    return this.#crowd.key.signed({ ...this.#order(), kind: "check" });
  }

  question(): SignedOrder {
    const { fleet, user, nodes } = this.#order();
    const issued = Date.now();
    const run = makeExecutionId(issued, randomBytes(16));
    const head = { v: 1, kind: "ask", fleet, run, user, nodes, issued, expires: issued + ASK_LIFE_MS } as const;
    return this.#crowd.key.signed({ ...head, via: "ssh", provider: "uptime", args: [] });
  }

  async post(path: string, body: unknown): Promise<Response> {
    const headers = { "content-type": "application/json" };
    const { api } = this.#crowd.collector;
    const answer = await api.request(path, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}: ${await answer.text()}`);
    return answer;
  }

  /** Sends one order to run; resolves with how long it took each node until that was stored, in milliseconds. */
  async timesOfRun(): Promise<readonly number[]> {
    const { key, agents } = this.#crowd;
    const body = key.signed(this.#order());
    const sentAt = Number(process.hrtime.bigint() / 1_000n);
    await (await this.post("/api/runs", body)).json();
    const times: number[] = [];
    for (const endsAtMs = performance.now() + STORED_WITHIN_MS; times.length < NODES; ) {
      if (performance.now() > endsAtMs) throw new Error(`${times.length} of ${NODES} nodes had their answer`);
      const before = agents.output().length;
      agents.stdin?.write("tell\n");
      const told = () => /^times (.*)$/m.exec(agents.output().slice(before))?.[1];
      const line = await poll("the times", told);
      times.push(...(JSON.parse(line) as number[]));
    }
    return times.map((time) => (time - sentAt) / MICROSECONDS_PER_MS);
  }

  #order(): OrderOf<"run"> {
    const nodes = Array.from({ length: NODES }, (_, i) => `n${i + 1}`);
    return runOrder({ fleet: this.#crowd.fleet, user: userInfo().username, nodes });
  }
}
