import type { Me } from "../../src/wire/api.ts";
import type { Refusal } from "./api/json-client.ts";
import type { ApiClient } from "./api-client.ts";
import type { LiveStatus } from "./live-client.ts";
import { frame } from "./texts/en/frame.ts";

type SessionState =
  | { readonly is: "starting" }
  | { readonly is: "signed-out"; readonly reason: string | undefined }
  | { readonly is: "signed-in"; readonly me: Me }
  | { readonly is: "unreached"; readonly message: string };

/** The signed-in user and the connection's state; the frame around every page draws from it. */
export class Session {
  state: SessionState = { is: "starting" };
  live: LiveStatus = "connecting";
  /** The collector answers, but refuses the live connection. */
  isLiveRefused = false;
  /** Why the last attempt to sign out failed; the user is still signed in. */
  signOutProblem: string | undefined;
  #leaving: { readonly everywhere?: boolean } = {};
  #listener: () => void = () => undefined;

  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  changed(): void {
    this.#listener();
  }

  /** Uses the address's one-time code, if any, then asks who is signed in. */
  async begin(api: Pick<ApiClient, "login" | "me">, code: string | undefined): Promise<void> {
    this.#set({ is: "starting" });
    const answer = code === undefined ? undefined : await api.login({ code });
    await this.refresh(api);
    if (this.state.is === "signed-out" && answer !== undefined && !answer.ok) {
      this.#set({ is: "signed-out", reason: describeRefusedLink(answer) });
    }
  }

  async refresh(api: Pick<ApiClient, "me">): Promise<void> {
    const me = await api.me();
    if (me.ok) this.#set({ is: "signed-in", me: me.value });
    else if (me.status === 401) this.#set({ is: "signed-out", reason: undefined });
    else this.#set({ is: "unreached", message: me.message });
  }

  signedOut(): void {
    if (this.state.is === "signed-in") this.#set({ is: "signed-out", reason: frame.sessionEnded });
  }

  /** Ends the session, or all of this user's, and reports it only once that is done. */
  async leave(api: Pick<ApiClient, "logout">, where: { readonly everywhere?: boolean } = {}): Promise<void> {
    this.#leaving = where;
    const answer = await api.logout(where);
    const isOver = !answer.ok && answer.status === 401;
    if (answer.ok || isOver) {
      return this.#set({
        is: "signed-out",
        reason: isOver && where.everywhere === true ? frame.sessionHadEnded : undefined,
      });
    }
    this.signOutProblem = answer.message;
    this.#listener();
  }

  /** Retries a failed `leave`. */
  leaveAgain(api: Pick<ApiClient, "logout">): Promise<void> {
    return this.leave(api, this.#leaving);
  }

  connection(status: LiveStatus): void {
    if (this.live === status) return;
    this.live = status;
    if (status === "connected") this.isLiveRefused = false;
    this.#listener();
  }

  /** The live connection was refused before it opened: finds out whether the collector is away or refuses. */
  async liveRefused(api: Pick<ApiClient, "me">): Promise<void> {
    const { ok } = await api.me();
    if (this.live === "connected" || this.isLiveRefused === ok) return;
    this.isLiveRefused = ok;
    this.#listener();
  }

  #set(state: SessionState): void {
    this.state = state;
    this.signOutProblem = undefined;
    this.#listener();
  }
}

function describeRefusedLink({ status, message, retryAfterSeconds }: Refusal): string {
  return status === 401 ? frame.linkUsed : frame.linkRefused(message, retryAfterSeconds);
}
