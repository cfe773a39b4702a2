import { parseAmount } from "./amount.ts";
import { fitsGlob } from "./glob.ts";

/** The facts of a node that expressions compare. Null: not known. */
export interface NodeFacts {
  readonly node: string;
  readonly state: string;
  readonly load: number | null;
  readonly memoryBytes: number | null;
  readonly memoryFreeBytes: number | null;
  readonly uptimeSeconds: number | null;
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
  readonly services: readonly string[];
}

type Value = string | number | null | readonly string[];

/** Facts by name; some have two names. */
const FACTS: Readonly<Record<string, (facts: NodeFacts) => Value>> = {
  state: ({ state }) => state,
  load: ({ load }) => load,
  memory: ({ memoryBytes }) => memoryBytes,
  mem: ({ memoryBytes }) => memoryBytes,
  free: ({ memoryFreeBytes }) => memoryFreeBytes,
  uptime: ({ uptimeSeconds }) => uptimeSeconds,
  running: ({ running }) => running,
  agent: ({ agent }) => agent,
  kernel: ({ kernel }) => kernel,
  os: ({ os }) => os,
  arch: ({ architecture }) => architecture,
  cpus: ({ cpus }) => cpus,
  address: ({ addresses }) => addresses,
  gpu: ({ gpus }) => gpus,
  gpus: ({ gpus }) => gpus.length,
  service: ({ services }) => services,
};

/** The names of all facts, for help and refusals. Any other name is the key of a label. */
export const FACT_NAMES: readonly string[] = ["node", ...Object.keys(FACTS)];

/** One comparison. Undefined: its value has no order, or is no number. */
export function compareFact({
  name,
  operator,
  value,
}: {
  readonly name: string;
  readonly operator: string;
  readonly value: string;
}): ((facts: NodeFacts) => boolean) | undefined {
  const fact = Object.hasOwn(FACTS, name) ? FACTS[name] : undefined;
  const read = fact ?? ((facts: NodeFacts) => labelOf(facts, name));
  const number = parseAmount(value);
  const equals = (facts: NodeFacts): boolean => {
    const found = read(facts);
    if (typeof found === "number") return number === undefined ? fitsGlob(value, String(found)) : found === number;
    return typeof found === "string" ? fitsGlob(value, found) : (found ?? []).some((one) => fitsGlob(value, one));
  };
  if (operator === "=") return equals;
  if (operator === "!=") return (facts) => !equals(facts);
  if (number === undefined) return undefined;
  return (facts) => {
    const found = read(facts);
    const all = typeof found === "object" ? (found ?? []) : [found];
    return all.some((one) => {
      const known = typeof one === "number" ? one : parseAmount(one);
      if (known === undefined) return false;
      if (operator === ">") return known > number;
      if (operator === ">=") return known >= number;
      return operator === "<" ? known < number : known <= number;
    });
  };
}

function labelOf({ labels }: NodeFacts, key: string): readonly string[] {
  return labels.filter((label) => label.startsWith(`${key}=`)).map((label) => label.slice(key.length + 1));
}
