import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Me } from "../../../src/wire/api.ts";
import type { FleetView } from "../../../src/wire/fleet/node-view.ts";
import type { ApiClient } from "../api-client.ts";
import type { Navigation } from "../navigation.ts";
import { frame } from "../texts/en/frame.ts";
import { run as t } from "../texts/en/run.ts";
import { chosenNodes } from "./chosen-nodes.ts";
import { DryRunAnswers } from "./dry-run-answers.tsx";
import { FileChoice } from "./file-choice.tsx";
import { FleetClient } from "./fleet-client.ts";
import { NodeChoice } from "./node-choice.tsx";
import { RunCard } from "./run-card.tsx";
import { useChosenFiles } from "./use-chosen-files.ts";
import { useRunOrders } from "./use-run-orders.ts";
import { type Wanted, workOf } from "./wanted-work.ts";

interface RunDialogProps {
  readonly api: ApiClient;
  readonly navigation: Navigation;
  readonly me: Me;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

const EXAMPLE = "node[1-4], gpu*, *, memory>=16G && role=render";
const LOOK_EVERY_MS = 2_000;

const NOTHING: Wanted = { nodes: [], command: "", job: "", folder: "", batch: 0 };

/** Starts a command on chosen nodes, and shows the latest runs. */
export function RunDialog({ api, navigation, me, isOpen, onClose }: RunDialogProps): JSX.Element {
  const client = useMemo(() => new FleetClient(api), [api]);
  const dialog = useRef<HTMLDialogElement>(null);
  const [fleet, setFleet] = useState<FleetView | undefined>(undefined);
  const [wanted, setWanted] = useState<Wanted>(NOTHING);
  const chosen = useChosenFiles(api);
  const orders = useRunOrders({ client, fleet, user: me.user });
  const [pattern, setPattern] = useState("");
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);

  useEffect(() => {
    if (!isOpen) {
      dialog.current?.close();
      return undefined;
    }
    dialog.current?.showModal();
    const look = async (): Promise<void> => {
      const answer = await client.view();
      if (answer.ok) setFleet(answer.value);
    };
    void look();
    orders.load();
    const timer = setInterval(() => void look(), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isOpen, client]);

  const choose = (words: string): void => {
    setPattern(words);
    const named = chosenNodes(words, fleet?.nodes ?? []);
    // Deselects nodes that the words no longer name.
    setWanted({ ...wanted, nodes: "problem" in named ? [] : named.nodes });
    setProblem("problem" in named && words !== "" ? named.problem : undefined);
  };
  // Someone who types quickly names nodes before they are known.
  const isKnown = fleet !== undefined;
  useEffect(() => {
    if (pattern !== "") choose(pattern);
  }, [isKnown]);
  const toggle = (node: string): void => {
    const isChosen = wanted.nodes.includes(node);
    setPattern("");
    setWanted({ ...wanted, nodes: isChosen ? wanted.nodes.filter((each) => each !== node) : [...wanted.nodes, node] });
  };

  /** Clears an earlier problem and acts. Resolves with the new problem, if any. */
  const whileBusy = async (act: () => Promise<string | undefined>): Promise<string | undefined> => {
    setBusy(true);
    setProblem(undefined);
    try {
      return await act();
    } finally {
      setBusy(false);
    }
  };

  /** For a run, sends the files first, except parts already sent. */
  const sendAll = async (kind: "run" | "check"): Promise<string | undefined> => {
    const files = await (kind === "run" ? chosen.send : chosen.name)(wanted.folder);
    return typeof files === "string" ? files : orders.send(kind, workOf(wanted, files));
  };

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    void whileBusy(() => sendAll("run")).then(setProblem);
  };
  const set = (name: "command" | "job" | "folder", value: string): void => setWanted({ ...wanted, [name]: value });

  return (
    <dialog ref={dialog} class="run-dialog" aria-labelledby="run-title" onClose={onClose}>
      <div class="run-title">
        <h2 id="run-title">{t.title}</h2>
        <span class="spring" />
        <button type="button" class="plain" onClick={onClose}>
          {frame.close}
        </button>
      </div>
      <form onSubmit={submit}>
        <label class="run-field">
          {t.nodes}
          <input value={pattern} placeholder={EXAMPLE} onInput={(event) => choose(event.currentTarget.value)} />
        </label>
        <NodeChoice nodes={fleet?.nodes ?? []} chosen={new Set(wanted.nodes)} onToggle={toggle} />
        <label class="run-field">
          {t.command}
          <input
            value={wanted.command}
            onInput={(event) => set("command", event.currentTarget.value)}
            spellcheck={false}
            placeholder={t.forSh}
            required={chosen.all.length === 0}
          />
        </label>
        <FileChoice files={chosen} />
        <div class="run-more">
          <label class="run-field wide">
            {t.job}
            <input
              value={wanted.job}
              onInput={(event) => set("job", event.currentTarget.value)}
              maxLength={128}
              placeholder={t.usualJob}
            />
          </label>
          <label class="run-field wide">
            {t.folder}
            <input
              value={wanted.folder}
              onInput={(event) => set("folder", event.currentTarget.value)}
              placeholder={t.usualFolder}
            />
          </label>
          <label class="run-field" title={t.batchTitle}>
            {t.batch}
            <input
              type="number"
              min={1}
              value={wanted.batch === 0 ? "" : wanted.batch}
              onInput={(event) => setWanted({ ...wanted, batch: Math.max(0, event.currentTarget.valueAsNumber || 0) })}
              placeholder={t.allAtOnce}
            />
          </label>
          <button
            type="button"
            class="plain"
            disabled={isBusy || wanted.nodes.length === 0 || (wanted.command === "" && chosen.all.length === 0)}
            onClick={() => void whileBusy(() => sendAll("check")).then(setProblem)}
          >
            {t.dryRun}
          </button>
          <button type="submit" class="primary" disabled={isBusy || wanted.nodes.length === 0}>
            {wanted.nodes.length === 0 ? frame.runButton : t.runOn(wanted.nodes.length)}
          </button>
        </div>
        <p role="alert" class="problem">
          {problem}
        </p>
      </form>
      {orders.answers.length === 0 ? null : <DryRunAnswers nodes={orders.answers} />}
      {orders.runs.map((view) => (
        <RunCard
          key={view.run}
          api={api}
          navigation={navigation}
          known={view}
          showOwner={me.admin}
          onStop={orders.stop}
          onContinue={orders.goOn}
          onAgain={(view, nodes) => whileBusy(() => orders.sendAgain(view, nodes))}
        />
      ))}
    </dialog>
  );
}
