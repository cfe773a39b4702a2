import "./styles/base.css";
import "./styles/controls.css";
import "./styles/frame.css";
import "./styles/login.css";
import "./styles/list.css";
import "./styles/run-rows.css";
import "./styles/executions.css";
import "./styles/log-header.css";
import "./styles/board.css";
import "./styles/board-cells.css";
import "./styles/log-toolbar.css";
import "./styles/log-times.css";
import "./styles/log-side.css";
import "./styles/find.css";
import "./styles/log-fold.css";
import "./styles/log-view.css";
import "./styles/log-rows.css";
import "./styles/row-marks.css";
import "./styles/row-inside.css";
import "./styles/log-overlays.css";
import "./styles/run.css";
import "./styles/ansi.css";
import { render } from "preact";
import { after } from "./after.ts";
import { EarlyRequests } from "./api/early-requests.ts";
import { ApiClient } from "./api-client.ts";
import { App } from "./app.tsx";
import { askAhead } from "./ask-ahead.ts";
import { RunBoard } from "./board/run-board.ts";
import type { LiveHandlers, LiveSocket } from "./live-client.ts";
import { LiveClient } from "./live-client.ts";
import { Navigation } from "./navigation.ts";
import { keepTicket } from "./run/ticket.ts";
import { Session } from "./session.ts";
import { preferredLanguage, speak } from "./texts/language.ts";
import { applyTheme, storedTheme } from "./theme.ts";

applyTheme(storedTheme());
void speak(preferredLanguage()).then(() => start(document.getElementById("app")));

/** Creates and joins the viewer's parts. */
function start(root: HTMLElement | null): void {
  if (root === null) return;
  const session = new Session();
  const onSignedOut = (): void => session.signedOut();
  const early = new EarlyRequests({ fetch: window.fetch.bind(window), nowMs: () => performance.now() });
  const api = new ApiClient({
    fetch: early.fetch,
    onSignedOut,
    keepTicket,
  });
  const live = new LiveClient({
    open: (handlers) => openSocket(new URL("live", document.baseURI.replace(/^http/, "ws")), handlers),
    after,
    random: Math.random,
    wallMs: Date.now,
    onStatus: (status) => session.connection(status),
    onRefusedAtOpen: () => void session.liveRefused(api),
  });
  const runBoard = new RunBoard({
    ask: (name) => api.board(name),
    after,
    isVisible: () => document.visibilityState === "visible",
  });
  const navigation = new Navigation({
    window,
    onChange: () => session.changed(),
    onLoginCode: (code) => void session.begin(api, code),
  });
  window.addEventListener("online", () => live.wake());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") live.wake();
  });
  const code = navigation.takeLoginCode();
  void session.begin(api, code);
  // With a login code nobody is signed in yet, so requests would be refused.
  if (code === undefined) void askAhead(new ApiClient({ fetch: early.send, onSignedOut }), navigation.place);
  render(<App api={api} live={live} navigation={navigation} session={session} runBoard={runBoard} />, root);
}

function openSocket(url: URL, { onOpen, onMessage, onClose }: LiveHandlers): LiveSocket {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  socket.addEventListener("open", onOpen);
  socket.addEventListener("message", (event) => onMessage(event.data));
  socket.addEventListener("close", onClose);
  return socket;
}
