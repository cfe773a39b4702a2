import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createLifecycle, type Part } from "../../src/host/lifecycle.ts";

function recorded(options: { stopWithinMs?: number } = {}) {
  const events: string[] = [];
  const log = {
    event: (_: string, message: string, fields = {}) => void events.push(`${message} ${fieldPart(fields)}`),
  };
  const part = (name: string, behaviour: Partial<Part> = {}): Part => ({
    name,
    start: () => void events.push(`start ${name}`),
    stop: () => void events.push(`stop ${name}`),
    ...behaviour,
  });
  return { events, part, of: (...parts: Part[]) => createLifecycle({ parts, log, ...options }) };
}

function fieldPart(fields: Readonly<Record<string, unknown>>): string {
  return String(fields["part"]);
}

const never = () => new Promise<void>(() => undefined);

describe("a daemon", () => {
  test("starts in order, and stops in reverse, once", async () => {
    const { events, part, of } = recorded();
    const daemon = of(part("a"), part("b"), part("c"));
    await daemon.start();
    expect(await Promise.all([daemon.stop(), daemon.stop()])).toEqual([true, true]);
    expect(events).toEqual(["start a", "start b", "start c", "stop c", "stop b", "stop a"]);
  });

  test("stops what was started when a part cannot start", async () => {
    const { events, part, of } = recorded();
    const failing = part("b", { start: () => Promise.reject(new Error("port is taken")) });
    await expect(of(part("a"), failing, part("c")).start()).rejects.toThrow("port is taken");
    expect(events).toEqual(["start a", "stop b", "stop a"]);
  });

  test("starts nothing more once stopped", async () => {
    const { events, part, of } = recorded();
    const daemon = of(part("a", { start: () => void daemon.stop() }), part("b"));
    await daemon.start();
    await daemon.stop();
    expect(events).toEqual(["stop a"]);
  });

  test("asks a starting part to give up, stops it when it has started, and starts no other", async () => {
    const { events, part, of } = recorded();
    const long = part("b", {
      start: async (stopping) => {
        await new Promise((resolve) => stopping.addEventListener("abort", resolve));
        events.push("gave up b");
        throw new Error("given up");
      },
    });
    const daemon = of(part("a"), long, part("c"));
    const started = daemon.start();
    await setImmediate();
    const stopped = daemon.stop();
    await expect(started).rejects.toThrow("given up");
    expect(await stopped).toBe(true);
    expect(events).toEqual(["start a", "gave up b", "stop b", "stop a"]);
  });

  test("stops the others when a start hangs", async () => {
    const { events, part, of } = recorded({ stopWithinMs: 40 });
    const daemon = of(part("a"), part("b", { start: never }), part("c"));
    void daemon.start();
    await setImmediate();
    expect(await daemon.stop()).toBe(false);
    expect(events).toEqual(["start a", "part is still starting b", "stop b", "stop a"]);
  });

  test("stops the others when a part cannot be stopped, or hangs", async () => {
    const { events, part, of } = recorded({ stopWithinMs: 40 });
    const throws = part("c", { stop: () => Promise.reject(new Error("no")) });
    const daemon = of(part("a"), part("b", { stop: never }), throws);
    await daemon.start();
    expect(await daemon.stop()).toBe(false);
    expect(events.slice(3)).toEqual(["cannot stop c", "cannot stop b", "stop a"]);
  });

  test("reloads every part, even when one fails", async () => {
    const { events, part, of } = recorded();
    const bad = part("a", { reload: () => Promise.reject(new Error("no such file")) });
    const good = part("b", { reload: () => void events.push("reload b") });
    const daemon = of(bad, good, part("c"));
    await daemon.start();
    await daemon.reload();
    expect(events.slice(3)).toEqual(["cannot reload a", "reload b"]);
  });
});
