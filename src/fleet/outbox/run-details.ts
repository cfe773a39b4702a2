import type { OrderOf } from "../../wire/fleet/order.ts";
import type { RunDetails } from "../../wire/fleet/run-view.ts";

/** Everything needed to order the same again, except the values of the environment, which are the user's secrets. */
export function detailsOf(
  order: OrderOf<"run">,
  { batch, pausesOnFailure }: Pick<RunDetails, "batch" | "pausesOnFailure">,
): RunDetails {
  const { cwd, env, seconds, memoryBytes, killAfterSeconds, publish, files } = order;
  const variables = env.map((one) => one.slice(0, one.indexOf("=")));
  return { batch, pausesOnFailure, cwd, variables, seconds, memoryBytes, killAfterSeconds, publish, files };
}
