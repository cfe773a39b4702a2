import type { ApiClient } from "./api-client.ts";
import { askFirst } from "./log/feed/first-asks.ts";
import { positionOf, targetOf } from "./log/feed/log-address.ts";
import type { Place } from "./url-state.ts";

/** Asks what the page of a place will ask for first, while its script is loaded. */
export async function askAhead(api: ApiClient, place: Place): Promise<void> {
  if (place.view === "list") return;
  const target = await targetOf(api, place);
  askFirst(api, { target, position: positionOf(place), isNodeClock: place.clock !== undefined });
}
