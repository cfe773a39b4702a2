import { readdirSync, readFileSync } from "node:fs";

/** The process of a fleet's broker, a child of the collector. Undefined if none runs at the moment. */
export function brokerPid(collector: number): number | undefined {
  const children = readdirSync(`/proc/${collector}/task`).flatMap((thread) =>
    readFileSync(`/proc/${collector}/task/${thread}/children`, "utf8").split(" ").filter(Boolean),
  );
  const broker = children.find((child) => readFileSync(`/proc/${child}/comm`, "utf8") === "nats-server\n");
  return broker === undefined ? undefined : Number(broker);
}
