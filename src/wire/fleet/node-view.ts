import { nodeNamed } from "../node-name.ts";
import { asCount, asRecord } from "../record.ts";
import { is } from "./checks.ts";

/**
 * - `present`: its agent was heard from within 40 s.
 * - `absent`: it was not; orders wait for it until they expire.
 * - `duplicate`: two agents use its name: nothing is sent.
 * - `outdated`: only unsigned reports come in its name, and are refused: its agent has an older version.
 */
type NodePresence = "present" | "absent" | "duplicate" | "outdated";

/** A node of the fleet: one with a valid certificate. Fields from its agent are null before the first report. */
export interface FleetNode {
  readonly node: string;
  readonly state: NodePresence;
  /** Unix time by the collector's clock. */
  readonly seenMs: number | null;
  /** How far its clock is ahead of the collector's. */
  readonly clockMs: number | null;
  readonly load: number | null;
  readonly memoryBytes: number | null;
  readonly memoryFreeBytes: number | null;
  readonly uptimeSeconds: number | null;
  /** Commands that its agent runs. */
  readonly running: number | null;
  readonly agent: string | null;
  readonly kernel: string | null;
  readonly os: string | null;
  readonly architecture: string | null;
  readonly cpus: number | null;
  readonly addresses: readonly string[];
  readonly gpus: readonly string[];
  /** `KEY=VALUE`. */
  readonly labels: readonly string[];
  /** Services that the node offers, and names that commands there have published. */
  readonly services: readonly string[];
}

/** `GET /api/fleet`. */
export interface FleetView {
  /** The fleet's id, which orders name. */
  readonly id: string;
  readonly nodes: readonly FleetNode[];
}

/** A line of `GET /api/fleet?follow=1`: all nodes, or those that have changed. */
export interface FleetUpdate {
  readonly isWhole: boolean;
  readonly nodes: readonly FleetNode[];
}

const isState = is("present", "absent", "duplicate", "outdated");

export function parseFleetView(value: unknown): FleetView | undefined {
  const { id, nodes } = asRecord(value) ?? {};
  if (typeof id !== "string" || !Array.isArray(nodes)) return undefined;
  return { id, nodes: nodes.flatMap((each: unknown) => parseFleetNode(each) ?? []) };
}

export function parseFleetUpdate(value: unknown): FleetUpdate | undefined {
  const { id, nodes } = asRecord(value) ?? {};
  if (!Array.isArray(nodes)) return undefined;
  return { isWhole: id !== undefined, nodes: nodes.flatMap((each: unknown) => parseFleetNode(each) ?? []) };
}

function parseFleetNode(value: unknown): FleetNode | undefined {
  const record = asRecord(value) ?? {};
  const { node, state, clockMs, load } = record;
  const name = typeof node === "string" ? nodeNamed(node) : undefined;
  if (name === undefined || !isState(state)) return undefined;
  const count = (key: string) => asCount(record[key]) ?? null;
  const text = (key: string) => {
    const word = record[key];
    return typeof word === "string" ? word : null;
  };
  const list = (key: string) => {
    const words = record[key];
    return Array.isArray(words) ? words.map(String) : [];
  };
  return {
    node: name,
    state,
    seenMs: count("seenMs"),
    clockMs: typeof clockMs === "number" ? clockMs : null,
    load: typeof load === "number" ? load : null,
    memoryBytes: count("memoryBytes"),
    memoryFreeBytes: count("memoryFreeBytes"),
    uptimeSeconds: count("uptimeSeconds"),
    running: count("running"),
    agent: text("agent"),
    kernel: text("kernel"),
    os: text("os"),
    architecture: text("architecture"),
    cpus: count("cpus"),
    addresses: list("addresses"),
    gpus: list("gpus"),
    labels: list("labels"),
    services: list("services"),
  };
}
