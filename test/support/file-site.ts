import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { Stager } from "../../src/agent/files/stager.ts";
import { executionOf } from "../../src/orders/execution-of.ts";
import type { OrderedFile, OrderOf } from "../../src/wire/fleet/order.ts";
import { AGENT_BIN, AgentSite, type State } from "./agent-site.ts";
import { asUser, createTestUser, type TestUser } from "./root.ts";
import { tempFolder } from "./temp-folder.ts";

export const IS_ROOT = process.getuid?.() === 0;
export const BYTES = "hello\n";

/**
 * A node's agent that takes files: as root for another user; otherwise, as in the demo, for the user of the tests.
 * Alice's files go into her `home`, and into `shared`, where everybody may write.
 */
export async function startFileSite() {
  const folder = await tempFolder();
  chmodSync(folder, 0o755);
  const shared = join(folder, "shared");
  mkdirSync(shared);
  chmodSync(shared, 0o1777);
  const { username: name, uid, gid } = userInfo();
  const self: TestUser = { name, uid, gid, password: "" };
  const [alice, bob] = IS_ROOT ? [await createTestUser("put"), await createTestUser("put")] : [self, self];
  if (IS_ROOT) chmodSync(`/home/${bob.name}`, 0o700);
  const home = IS_ROOT ? `/home/${alice.name}` : userInfo().homedir;
  const site = await AgentSite.create(alice.name);
  await site.start();

  /** Sends only files; resolves with the order's final state. */
  async function put(...files: readonly OrderedFile[]): Promise<State> {
    const order = site.order({ argv: [], files });
    site.send(site.key.message(order));
    const state = await site.until(order, "finished", "failed", "refused");
    // A final state is reported when nothing is left behind.
    expect(leftovers(order)).toBe("");
    return state;
  }

  function leftovers({ run }: Pick<OrderOf<"run">, "run">, node = "node1"): string {
    return execFileSync("find", [home, dirname(shared), "-name", `.*${executionOf(run, node)}*`]).toString();
  }

  const asAlice = (script: string): void =>
    void spawnSync("/usr/bin/env", IS_ROOT ? asUser(alice, "sh", "-c", script) : ["sh", "-c", script]);
  const asBob = (script: string): void => void spawnSync("/usr/bin/env", asUser(bob, "sh", "-c", script));

  /** A stager that fetches nothing. */
  function looking(): Stager {
    return new Stager({
      node: "node1",
      cache: join(site.folder, "cache"),
      wants: { want: async () => "" },
      command: (action, of) => [join(AGENT_BIN, "mlsupervise"), action, String(of.uid), of.user],
    });
  }

  return { site, alice, bob, home, shared, put, leftovers, asAlice, asBob, looking };
}

export type FileSite = Awaited<ReturnType<typeof startFileSite>>;
