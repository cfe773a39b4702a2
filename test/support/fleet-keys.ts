import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeOrder, type Order, type OrderOf } from "../../src/wire/fleet/order.ts";
import { encodeSignedOrder, type SignedOrder } from "../../src/wire/fleet/signed-order.ts";
import { makeExecutionId } from "../../src/wire/ids.ts";

/** A key pair of ssh-keygen in a folder. */
export class FleetKey {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static make(folder: string, name: string, ...type: readonly string[]): FleetKey {
    const path = join(folder, name);
    const kind = type.length === 0 ? ["-t", "ed25519"] : type;
    execFileSync("ssh-keygen", ["-q", "-N", "", "-C", name, "-f", path, ...kind]);
    return new FleetKey(path);
  }

  /** `TYPE BLOB`, as in trust files. */
  get line(): string {
    return readFileSync(`${this.path}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
  }

  /** As ssh-keygen prints it. */
  get fingerprint(): string {
    return (
      execFileSync("ssh-keygen", ["-l", "-f", `${this.path}.pub`])
        .toString()
        .split(" ")[1] ?? ""
    );
  }

  sign(text: string, namespace = "marcologger-order"): string {
    const args = ["-q", "-Y", "sign", "-f", this.path, "-n", namespace];
    return execFileSync("ssh-keygen", args, { input: text, stdio: ["pipe", "pipe", "ignore"] }).toString();
  }

  signed(order: Order): SignedOrder {
    const text = encodeOrder(order);
    return { order: text, sig: this.sign(text) };
  }

  message(order: Order): string {
    return encodeSignedOrder(this.signed(order));
  }

  /** A file that ssh-agent signs for. */
  publicOnly(): string {
    const path = `${this.path}.only.pub`;
    writeFileSync(path, readFileSync(`${this.path}.pub`));
    return path;
  }
}

export const FLEET = "f".repeat(64);

export function newRun(nowMs = Date.now()): string {
  return makeExecutionId(nowMs, randomBytes(16));
}

/** A valid order to run `true` on node1. */
export function runOrder(more: Partial<OrderOf<"run">> = {}): OrderOf<"run"> {
  const issued = more.issued ?? Date.now();
  return {
    v: 1,
    kind: "run",
    fleet: FLEET,
    run: newRun(issued),
    user: "alice",
    nodes: ["node1"],
    issued,
    expires: issued + 600_000,
    via: "ssh",
    argv: ["true"],
    cwd: "",
    env: [],
    job: "",
    files: [],
    seconds: 0,
    memoryBytes: 0,
    killAfterSeconds: 60,
    publish: "",
    ...more,
  };
}

/** The order that stops a run. */
export function cancelOrder(of: OrderOf<"run">, more: Partial<OrderOf<"cancel">> = {}): OrderOf<"cancel"> {
  const { fleet, run, user, nodes } = of;
  const issued = Date.now();
  const times = { issued, expires: issued + 600_000, via: "ssh" } as const;
  return { v: 1, kind: "cancel", fleet, run, user, owner: user, nodes, ...times, ...more };
}
