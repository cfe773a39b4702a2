import { CHAT_TARGETS } from "./chat.ts";
import { COLLECTOR_TARGETS } from "./collector.ts";
import { FILE_TARGETS } from "./files.ts";
import { FRAME_TARGETS } from "./frames.ts";
import type { FuzzTarget } from "./fuzz.ts";
import { GATE_TARGETS } from "./gate.ts";
import { LAUNCHER_TARGETS } from "./launcher.ts";
import { MESSAGE_TARGETS } from "./messages.ts";
import { ORDER_TARGETS } from "./orders.ts";
import { PAM_TARGETS } from "./pam.ts";
import { RELAY_TARGETS } from "./relay.ts";
import { SEARCH_TARGETS } from "./search.ts";
import { SETTING_TARGETS } from "./settings.ts";
import { STREAM_TARGETS } from "./streams.ts";

/** Every parser of foreign input. */
export const TARGETS: readonly FuzzTarget[] = [
  ...STREAM_TARGETS,
  ...FRAME_TARGETS,
  ...MESSAGE_TARGETS,
  ...SETTING_TARGETS,
  ...FILE_TARGETS,
  ...LAUNCHER_TARGETS,
  ...RELAY_TARGETS,
  ...COLLECTOR_TARGETS,
  ...GATE_TARGETS,
  ...PAM_TARGETS,
  ...SEARCH_TARGETS,
  ...ORDER_TARGETS,
  ...CHAT_TARGETS,
];
