import type { JSX } from "preact";
import { parseStream } from "../../../../src/wire/stream-name.ts";
import type { Navigation } from "../../navigation.ts";
import { visibleText } from "../../text/visible-control.ts";
import { frame } from "../../texts/en/frame.ts";
import { log as t } from "../../texts/en/log.ts";
import type { ExecutionPlace, JobPlace, LogPlace, TimeMode } from "../../url-state.ts";
import { SIDE_MODES, TIME_MODES } from "../../url-state.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import type { Direction } from "../find/direction.ts";
import { FindField } from "../find/find-field.tsx";
import { GotoField } from "./goto-field.tsx";
import type { Goto, GotoScope } from "./parse-goto.ts";

interface LogToolbarProps {
  readonly feed: LogFeed;
  readonly place: ExecutionPlace | JobPlace;
  readonly navigation: Navigation;
  /** Effective values, from the address or the screen. */
  readonly wrap: boolean;
  readonly time: TimeMode;
  readonly isConnected: boolean;
  /** The label beside the lines; undefined: the node. */
  readonly gutter: string | undefined;
  readonly onGutter: (label: string | undefined) => void;
  readonly adjust: (changes: Partial<LogPlace>) => void;
  readonly gotoScope: () => GotoScope;
  readonly onGo: (to: Exclude<Goto, { is: "problem" }>) => void;
  readonly onStep: (direction: Direction) => void;
  readonly onHelp: () => void;
}

export function LogToolbar({
  feed,
  place,
  wrap,
  time,
  isConnected,
  navigation,
  gutter,
  onGutter,
  adjust,
  gotoScope,
  onGo,
  onStep,
  onHelp,
}: LogToolbarProps): JSX.Element {
  return (
    <div class="toolbar" role="toolbar" aria-label={t.toolbar}>
      <FindField place={place} adjust={adjust} onStep={onStep} />
      <fieldset class="choice">
        <legend class="for-screen-readers">{t.stream}</legend>
        {["", "stdout", "stderr"].map((stream) => (
          <label key={stream}>
            <input
              type="radio"
              name="stream"
              value={stream}
              checked={(place.stream ?? "") === stream}
              onChange={() => adjust({ stream: parseStream(stream) })}
            />
            <span>{stream === "" ? t.both : stream}</span>
          </label>
        ))}
      </fieldset>
      {place.view === "job" ? <NodeChoice feed={feed} place={place} navigation={navigation} /> : null}
      {place.view === "job" ? <GutterChoice feed={feed} gutter={gutter} onChange={onGutter} /> : null}
      {place.view === "job" ? <SideChoice place={place} navigation={navigation} /> : null}
      {place.view === "job" ? <FoldToggle place={place} navigation={navigation} /> : null}
      <GotoField scope={gotoScope} onGo={onGo} />
      <span class="spring" />
      {feed.isFollowing && feed.isLive && isConnected ? (
        <span class="live" title={t.liveTitle}>
          {t.live}
        </span>
      ) : null}
      <label>
        <span class="for-screen-readers">{t.time}</span>
        <select
          value={time}
          title={t.timeTitle}
          onChange={(event) =>
            adjust({ time: TIME_MODES.find((mode) => mode === event.currentTarget.value) ?? "local" })
          }
        >
          {TIME_MODES.map((mode) => (
            <option key={mode} value={mode}>
              {t.times[mode]}
            </option>
          ))}
        </select>
      </label>
      <label class="toggle" title={t.wrapTitle}>
        <input type="checkbox" checked={wrap} onChange={(event) => adjust({ wrap: event.currentTarget.checked })} />
        <span>{t.wrap}</span>
      </label>
      <button
        type="button"
        class="plain icon-only help-button"
        title={t.keysTitle}
        aria-label={frame.keys}
        onClick={onHelp}
      >
        ?
      </button>
    </div>
  );
}

/** Chooses one list, or a column for each execution. */
function SideChoice({ place, navigation }: { place: JobPlace; navigation: Navigation }): JSX.Element {
  const choose = (value: string): void => {
    const side = SIDE_MODES.find((mode) => mode === value);
    navigation.adjust({ ...place, side, fold: undefined });
  };
  return (
    <label>
      <span class="for-screen-readers">{t.columns}</span>
      <select value={place.side ?? ""} title={t.columnsTitle} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">{t.oneList}</option>
        <option value="time">{t.byTime}</option>
        <option value="text">{t.byText}</option>
      </select>
    </label>
  );
}

/** Toggles whether equal lines of many executions are one row. */
function FoldToggle({ place, navigation }: { place: JobPlace; navigation: Navigation }): JSX.Element {
  const isFolded = place.fold === true;
  const change = (): void => navigation.adjust({ ...place, fold: isFolded ? undefined : true, side: undefined });
  return (
    <label class="toggle" title={t.foldTitle}>
      <input type="checkbox" checked={isFolded} onChange={change} />
      <span>{t.fold}</span>
    </label>
  );
}

/** Chooses the label that names an execution beside its lines. Empty if no execution has labels. */
function GutterChoice(props: {
  readonly feed: LogFeed;
  readonly gutter: string | undefined;
  readonly onChange: (label: string | undefined) => void;
}): JSX.Element | null {
  const { feed, gutter, onChange } = props;
  const [first] = feed.sources;
  const labels = Object.keys(first?.execution.labels ?? {});
  if (labels.length === 0 && gutter === undefined) return null;
  return (
    <label>
      <span class="for-screen-readers">{t.besideLines}</span>
      <select value={gutter ?? ""} onChange={(event) => onChange(event.currentTarget.value || undefined)}>
        <option value="">{t.byNode}</option>
        {[...new Set([...labels, gutter ?? ""])]
          .filter((label) => label !== "")
          .map((label) => (
            <option key={label} value={label}>
              {visibleText(label)}
            </option>
          ))}
      </select>
    </label>
  );
}

function NodeChoice(props: { feed: LogFeed; place: JobPlace; navigation: Navigation }): JSX.Element {
  const { feed, place, navigation } = props;
  const nodes = [...new Set([...feed.sources.map(({ execution }) => execution.node), place.node])];
  const choose = (node: string): void => navigation.adjust({ ...place, node, top: "" });
  return (
    <label>
      <span class="for-screen-readers">{frame.node}</span>
      <select value={place.node} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">{frame.allNodes}</option>
        {nodes
          .filter((node) => node !== "")
          .sort()
          .map((node) => (
            <option key={node} value={node}>
              {node}
            </option>
          ))}
      </select>
    </label>
  );
}
