import type { ApiClient } from "./api-client.ts";
import { askFirst } from "./log/feed/first-asks.ts";
import { positionOf, targetOf } from "./log/feed/log-address.ts";
import type { Place } from "./url-state.ts";

/** Sends the first requests of a place's page while its script is loading. */
export async function askAhead(api: ApiClient, place: Place): Promise<void> {
  if (place.view === "list") return;
  const target = await targetOf(api, place);
  askFirst(api, { target, position: positionOf(place), isNodeClock: place.clock !== undefined });
}
