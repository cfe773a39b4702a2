import { parseFleetView } from "../../wire/fleet/node-view.ts";
import type { RunView } from "../../wire/fleet/run-view.ts";
import { AccountFile } from "../remote/account.ts";
import type { Collector } from "../remote/collector.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { sendCancel } from "./run-api.ts";
import { signParts } from "./sign-order.ts";

const LIFE_MS = 600_000;

interface CancelRun {
  readonly collector: Collector;
  readonly view: Pick<RunView, "run" | "owner" | "nodes">;
  readonly key: string | undefined;
  readonly settings: FleetSettings;
}

/** Signs the order that stops a run on all of its nodes and sends it. */
export async function cancelRun({ collector, view, key, settings }: CancelRun): Promise<RunView> {
  const { user } = new AccountFile(settings.configFolder).read();
  const { id } = await collector.json({ path: "/fleet" }, parseFleetView);
  const issued = settings.nowMs();
  const signed = await signParts(
    {
      v: 1,
      kind: "cancel",
      fleet: id,
      run: view.run,
      user,
      owner: view.owner,
      nodes: view.nodes.map(({ node }) => node),
      issued,
      expires: issued + LIFE_MS,
      via: "ssh",
    },
    { key, sshFolder: settings.sshFolder },
  );
  return sendCancel(collector, view.run, signed);
}
