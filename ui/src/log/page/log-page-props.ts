import type { ApiClient } from "../../api-client.ts";
import type { RunBoard } from "../../board/run-board.ts";
import type { LiveClient } from "../../live-client.ts";
import type { Navigation } from "../../navigation.ts";
import type { ExecutionPlace, JobPlace } from "../../url-state.ts";

export interface LogPageProps {
  readonly api: ApiClient;
  readonly live: LiveClient;
  readonly navigation: Navigation;
  readonly place: ExecutionPlace | JobPlace;
  readonly showOwner: boolean;
  readonly hasFleet: boolean;
  readonly runBoard: RunBoard;
  readonly isConnected: boolean;
}
