import type { Log } from "../../host/log.ts";
import { executionOf } from "../../orders/execution-of.ts";
import type { Opened } from "../../orders/open-order.ts";
import type { FleetEventOf } from "../../wire/fleet/event.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { type Order, type OrderHead, type OrderOf, parseOrder, parseOrderHead } from "../../wire/fleet/order.ts";
import { type Refusal, refusalWords } from "../../wire/fleet/refusal.ts";
import { encodeSignedOrder, parseSignedOrder } from "../../wire/fleet/signed-order.ts";
import type { NodeState } from "../../wire/fleet/states.ts";
import { type SharedAccess, startFolder } from "../folders/shared-access.ts";
import type { Journal, RunName } from "../journal/journal.ts";
import { AGENT_LIMITS } from "../limits.ts";
import type { Asking } from "../providers/asking.ts";
import type { Services } from "../services/services.ts";
import type { Checks } from "./checks.ts";
import type { Runs } from "./runs.ts";
import type { Starter } from "./starter.ts";
import type { Teller } from "./teller.ts";

interface MessagesOptions {
  readonly node: string;
  readonly journal: Journal;
  readonly checks: Checks;
  readonly runs: Runs;
  readonly starter: Starter;
  readonly asking: Asking;
  readonly services: Pick<Services, "refusal">;
  readonly shared: Pick<SharedAccess, "prepare">;
  readonly teller: Teller;
  readonly log: Log;
  nowMs(): number;
}

/** Takes orders as they arrive. A repeated order that the journal has is only reported again. */
export class Messages {
  readonly #options: MessagesOptions;

  constructor(options: MessagesOptions) {
    this.#options = options;
  }

  async take(message: string): Promise<void> {
    const opened = this.#options.checks.open(message);
    if (opened.kind === "refused") return this.#refuseUnopened(opened, message);
    const { order } = opened;
    if (order.kind === "cancel") return this.#cancel(order, opened);
    if (order.kind === "run" || order.kind === "call") return this.#run(order, opened);
    if (order.kind === "check") return this.#check(order, opened);
    return this.#ask(order, opened);
  }

  async #run(order: OrderOf<"run"> | OrderOf<"call">, { signed, digest }: Opened & { kind: "order" }): Promise<void> {
    const { journal, checks, runs, nowMs } = this.#options;
    const name = { user: order.user, run: order.run };
    if (journal.has(name)) return this.#again(name, order, digest);
    // Not even a refusal is kept then.
    if (this.#hasMuch(order.user)) return this.#refuse(name, order, { why: "too-many-runs", digest });
    const verdict = await checks.judge(order);
    if (verdict.kind === "wait") return this.#say(order, { state: "waiting", why: verdict.why, digest });
    const isCall = order.kind === "call" && verdict.kind === "obey";
    const denied = isCall ? await this.#options.services.refusal(order) : undefined;
    if (denied === "directory") return this.#say(order, { state: "waiting", why: denied, digest });
    const command = denied === "no-such-service" && isCall ? this.#commandOffering(order) : undefined;
    if (command !== undefined) return this.#refuse(name, order, { why: "not-offered", text: command, digest });
    const why = verdict.kind === "refuse" ? verdict.why : (denied ?? this.#bound(order));
    if (why !== undefined) return this.#refuse(name, order, { why, digest });
    const uid = verdict.kind === "obey" ? verdict.uid : 0;
    const message = encodeSignedOrder(signed);
    const times = { sequence: journal.nextSequence(), at: nowMs(), issued: order.issued };
    // False if the same order or its cancel came during the directory look-up.
    if (!journal.accept(name, { message, signed, uid, ...times })) return this.#again(name, order, digest);
    this.#options.log.event("info", "order accepted", { ...name, via: order.via });
    runs.step(name);
  }

  /** Describes the execution that published this name, and how to read its output. */
  #commandOffering({ service }: OrderOf<"call">): string | undefined {
    const { node, runs } = this.#options;
    const offering = runs.offering(service);
    if (offering === undefined) return undefined;
    const x = executionOf(offering.run, node);
    const since = new Date(offering.sinceMs).toISOString();
    return `execution ${x}, since ${since}; \`mlctl tail ${x}\` shows it to its user, and to those with whom they share it`;
  }

  /** An accepted order is never refused later: its answer may have been lost, and it may have expired meanwhile. */
  async #again(name: RunName, order: Order, digest: string): Promise<void> {
    const { journal, runs } = this.#options;
    const known = runs.look(name);
    if (known !== undefined && known.digest !== "" && known.digest !== digest)
      return this.#say(order, { state: "refused", why: "run-differs", digest });
    if (known === undefined)
      journal.never(name, { state: "cancelled", why: "", by: journal.canceller(name) ?? "" }, this.#options.nowMs());
    runs.step(name, { isAsked: true });
  }

  /** Dry run: predicts the fate of the order without starting anything. */
  async #check(order: OrderOf<"check">, { signed, digest }: Opened & { kind: "order" }): Promise<void> {
    const verdict = await this.#options.checks.judge(order);
    if (verdict.kind === "wait") return this.#say(order, { state: "waiting", why: verdict.why, digest });
    const why = verdict.kind === "refuse" ? verdict.why : this.#bound(order);
    if (why !== undefined) return this.#say(order, { state: "refused", why, digest });
    const { journal, starter, shared } = this.#options;
    const access = await shared.prepare(order);
    if (access.kind === "wait") return this.#say(order, { state: "waiting", why: access.why, digest });
    if (access.kind === "refuse")
      return this.#say(order, { state: "refused", why: access.why, text: access.text, digest });
    if (!journal.hasRoom(encodeSignedOrder(signed).length))
      return this.#say(order, { state: "waiting", why: "disk", digest });
    const uid = verdict.kind === "obey" ? verdict.uid : 0;
    const folder = startFolder(order.cwd, access.places);
    const entry = await starter.enter({ user: order.user, run: order.run }, { uid, folder });
    if (entry === "closed") return this.#say(order, { state: "failed", why: "cwd", digest });
    if (entry === "wait") return this.#say(order, { state: "waiting", why: "directory", digest });
    const put = { order, uid, shared: access.places };
    const fault = order.files.length > 0 ? await starter.wouldPut(put) : undefined;
    if (fault === "directory") return this.#say(order, { state: "waiting", why: "directory", digest });
    if (fault !== undefined) return this.#say(order, { state: "refused", ...fault, digest });
    return this.#say(order, { state: "accepted", why: "", digest });
  }

  /** Answers a question, verified like an order to run. Answers are neither stored nor resent. */
  async #ask(order: OrderOf<"ask">, { digest }: Opened & { kind: "order" }): Promise<void> {
    const { checks, asking } = this.#options;
    const verdict = await checks.judge(order);
    if (verdict.kind === "wait") return this.#say(order, { state: "waiting", why: verdict.why, digest });
    if (verdict.kind === "refuse") return this.#say(order, { state: "refused", why: verdict.why, digest });
    await asking.answer(order, { digest, uid: verdict.uid });
  }

  async #cancel(order: OrderOf<"cancel">, { signed, digest }: Opened & { kind: "order" }): Promise<void> {
    const { journal, checks, runs, starter, nowMs, log } = this.#options;
    const name = { user: order.owner, run: order.run };
    const why = checks.address(order) ?? (await checks.cancelRefusal(order));
    if (why !== undefined) return this.#say(order, { state: "refused", why, digest });
    // A broker and a user could fill the disk with cancels of runs that never come. The collector asks again.
    if (!journal.has(name) && this.#hasMuch(order.owner))
      return log.event("warning", "cancel not kept: too much is kept of its user", name);
    // Before the record that makes the supervisor act: the END reports it.
    starter.sayWhoStops(name, order.user);
    const isNew = journal.cancel(name, { message: encodeSignedOrder(signed), by: order.user, at: nowMs() });
    if (isNew) log.event("info", "cancel accepted", { ...name, by: order.user });
    if (journal.claim(name) === undefined)
      journal.never(name, { state: "cancelled", why: "", by: order.user }, nowMs());
    runs.step(name, { isAsked: !isNew });
  }

  /** Refusals for lack of room or means. */
  #bound(order: OrderOf<"run"> | OrderOf<"check"> | OrderOf<"call">): Refusal | undefined {
    const { runs, starter } = this.#options;
    const { user } = order;
    if (order.kind !== "call" && order.memoryBytes > 0 && !starter.limitsMemory) return "no-memory-limit";
    const isFull = runs.openCount() >= AGENT_LIMITS.openRuns || runs.openCount(user) >= AGENT_LIMITS.openRunsPerUser;
    return isFull || this.#hasMuch(user) ? "too-many-runs" : undefined;
  }

  /** Whether the user's share of the journal is full. Ended runs count for a day. */
  #hasMuch(user: string): boolean {
    return this.#options.journal.bytesOfUser(user) >= AGENT_LIMITS.journalBytesPerUser;
  }

  /** Refuses an order and records it: the same order must not be obeyed later. */
  async #refuse(
    name: RunName,
    order: Order,
    { why, text, digest }: { readonly why: Refusal; readonly text?: string; readonly digest: string },
  ): Promise<void> {
    const { journal, runs, nowMs, log } = this.#options;
    log.event("warning", "order refused", { ...name, why });
    // Not recorded: orders for another node or fleet, and those of a user whose records could fill the disk.
    const isKept = why !== "too-many-runs" && why !== "not-for-this-node" && why !== "other-fleet";
    if (!isKept) return this.#say(order, { state: "refused", why, digest });
    journal.never(
      name,
      {
        ...(why === "expired" ? { state: "expired", why: "" } : { state: "refused", why }),
        ...{ by: "", ...(text === undefined ? {} : { text }) },
      },
      nowMs(),
    );
    runs.step(name);
  }

  /** Refuses an order with an untrusted key or unreadable text: answered once, not recorded. */
  async #refuseUnopened(refused: Opened & { kind: "refused" }, message: string): Promise<void> {
    const text = parseSignedOrder(message)?.order;
    const order = refused.order ?? (text === undefined ? undefined : (parseOrder(text) ?? parseOrderHead(text)));
    this.#options.log.event("warning", "order refused", { why: refused.why, user: order?.user, run: order?.run });
    if (order !== undefined) return this.#say(order, { state: "refused", why: refused.why, digest: "" });
  }

  async #say(
    order: Order | OrderHead,
    said: { state: NodeState; why: string; text?: string; digest: string },
  ): Promise<void> {
    const { journal, nowMs, teller } = this.#options;
    const event: FleetEventOf<"state"> = {
      v: 1,
      kind: "state",
      journal: journal.id,
      sequence: journal.sequence,
      at: nowMs(),
      run: order.run,
      user: "owner" in order ? order.owner : order.user,
      state: said.state,
      why: said.why,
      text: refusalWords(said.why, said.text).slice(0, FLEET_LIMITS.maxTextCharacters),
      code: null,
      signal: null,
      by: "",
      digest: said.digest,
    };
    await teller.tell(event);
  }
}
