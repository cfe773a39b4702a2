import type { JSX } from "preact";
import { Component, createRef } from "preact";
import { log as t } from "../../texts/en/log.ts";
import type { LogPosition } from "../feed/log-position.ts";
import type { Item, LogRow } from "../feed/log-row.ts";
import type { RowPlace } from "../feed/row-order.ts";
import type { HeadFold } from "../feed/trace-folds.ts";
import type { ViewedFeed } from "../feed/viewed-feed.ts";
import type { TimeScale } from "../times/time-scale.ts";
import { copyRows } from "./copy-rows.ts";
import { DateNote } from "./date-note.tsx";
import { LazyReveal } from "./lazy-reveal.ts";
import { LoadAhead } from "./load-ahead.ts";
import { LogRows } from "./log-rows.tsx";
import { LogViewport } from "./log-viewport.ts";
import type { MarkedLines } from "./marked-lines.ts";
import { ROW_PX } from "./row-heights.ts";
import type { RowLook } from "./row-look.ts";
import { RowSizes } from "./row-sizes.ts";
import { RowSlots } from "./row-slots.ts";
import { ScrollDevice } from "./scroll-device.ts";
import { SelectedRows } from "./selected-rows.ts";
import { viewColumns } from "./view-columns.ts";
import { ViewScrollBar } from "./view-scroll-bar.tsx";

/** Actions of the view for keys. */
export type LogControls = Pick<LogView, "scrollRows" | "scrollPages" | "topItem" | "pointedItem">;

interface LogViewProps {
  /** Set while the view is mounted. */
  readonly controls: { current: LogControls | null };
  readonly feed: ViewedFeed;
  /** The visible items, and the position that the feed requests, from the same moment. */
  readonly items: readonly Item[];
  readonly position: LogPosition;
  readonly look: RowLook;
  readonly wrap: boolean;
  readonly marked: MarkedLines;
  readonly opened: WeakSet<LogRow>;
  readonly folds: ReadonlyMap<LogRow, HeadFold>;
  /** The match that Find is at. */
  readonly current: Pick<RowPlace, "source" | "n"> | undefined;
  /** Places of matches in the whole log: 0 to 1. */
  readonly ticks: readonly number[];
  /** The whole time of a job, if known. */
  readonly scale: TimeScale | undefined;
  /** Called when the reader moved the lines; down is positive. */
  readonly onMove: (deltaPx: number) => void;
  /** Called when the view came to rest with this row on top. Undefined: at the end, following. */
  readonly onRest: (top: Item | undefined) => void;
}

const REST_AFTER_MS = 300;
/** The largest turn of a wheel. */
const MAX_OWED_PX = 50_000;

/** The rows in view, and everything that moves them. */
export class LogView extends Component<LogViewProps> {
  readonly #scroller = createRef<HTMLDivElement>();
  readonly #space = createRef<HTMLDivElement>();
  readonly #rows = createRef<HTMLDivElement>();
  readonly #sizes = new RowSizes((item, byPx) => this.#viewport.corrected(item, byPx));
  readonly #viewport = new LogViewport({
    order: this.props.feed.order,
    heightOf: (item) => this.#sizes.heightOf(item, this.props.wrap),
  });
  readonly #selected = new SelectedRows({
    rows: () => this.#rows.current,
    drawn: () => this.#drawn,
    onStart: () => this.props.feed.setFollowing(false),
  });
  readonly #slots = new RowSlots();
  readonly #ahead = new LoadAhead();
  readonly #reveal = new LazyReveal();
  readonly #resizes = new ResizeObserver(() => this.#resized());
  #device: ScrollDevice | undefined;
  #shown: LogPosition | undefined;
  #drawn: readonly Item[] = [];
  #rest: ReturnType<typeof setTimeout> | undefined;
  /** Scrolling beyond the loaded rows, kept until more are loaded. */
  #owedPx = 0;

  override componentDidMount(): void {
    const scroller = this.#scroller.current;
    const space = this.#space.current;
    if (scroller === null || space === null) return;
    this.props.controls.current = this;
    this.#device = new ScrollDevice(scroller, space, (deltaPx) => this.scrollBy(deltaPx));
    this.#resizes.observe(scroller);
  }

  override componentDidUpdate(): void {
    const { wrap, opened, current, look, ticks } = this.props;
    if (wrap && this.#sizes.measure(this.#rows.current, this.#drawn)) {
      this.forceUpdate();
      return;
    }
    this.#sizes.widen(this.#space.current, this.#drawn, opened);
    this.#reveal.show(this.#scroller.current, { current, ticks, wrap, words: look.words, first: this.#drawn[0] });
    this.#loadAhead();
  }

  override componentWillUnmount(): void {
    this.props.controls.current = null;
    clearTimeout(this.#rest);
    this.#device?.close();
    this.#resizes.disconnect();
    this.#selected.close();
  }

  /** The row at the upper edge. */
  get topItem(): Item | undefined {
    return this.#viewport.items[this.#viewport.topIndex];
  }

  /** The match that Find is at while it is in view, else the row at the upper edge. */
  get pointedItem(): Item | undefined {
    const { source, n = 0 } = this.props.current ?? {};
    return this.#drawn.find((item) => item.source === source && item.n <= n && item.to >= n) ?? this.topItem;
  }

  scrollBy(deltaPx: number): void {
    const { feed } = this.props;
    this.#ahead.moved(deltaPx < 0 ? "start" : "end");
    const beyondPx = this.#viewport.scrollBy(deltaPx);
    const isOwed = beyondPx < 0 ? feed.hasEarlier : feed.hasLater;
    this.#owedPx = isOwed ? Math.max(-MAX_OWED_PX, Math.min(MAX_OWED_PX, beyondPx)) : 0;
    this.props.onMove(deltaPx);
    this.#moved();
  }

  scrollRows(rows: number): void {
    this.scrollBy(rows * ROW_PX);
  }

  /** A page keeps two rows of the previous one for orientation. */
  scrollPages(pages: number): void {
    this.scrollBy(pages * Math.max(ROW_PX, this.#viewport.heightPx - 2 * ROW_PX));
  }

  override render(props: LogViewProps): JSX.Element {
    const { feed, items, look, wrap, marked, current, opened, folds, ticks, scale } = props;
    const viewport = this.#viewport;
    viewport.items = items;
    viewport.isPinned = feed.isFollowing;
    this.#goToPosition();
    if (this.#owedPx !== 0) this.#owedPx = viewport.scrollBy(this.#owedPx);
    const { from, to, y } = viewport.slice(this.#selected.places);
    this.#drawn = viewport.items.slice(from, to);
    return (
      <div
        class={`log${wrap ? " wrap" : ""}${feed.isFollowing ? " follows" : ""}`}
        style={viewColumns({ sources: feed.sources, labels: look.labels, items })}
      >
        {/* Not read aloud line by line: `page/new-lines` announces their number. */}
        <div
          class="scroller"
          ref={this.#scroller}
          role="log"
          aria-live="off"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable element must be reachable by keyboard
          tabIndex={0}
          aria-label={t.lines}
          onCopy={(event) => copyRows(event, this.#rows.current)}
        >
          <div class="space" ref={this.#space}>
            <div class="stage">
              <div class="rows" ref={this.#rows} style={{ transform: `translateY(${Math.round(y)}px)` }}>
                <LogRows
                  feed={feed}
                  items={this.#drawn}
                  keys={this.#slots.keysOf(this.#drawn)}
                  look={look}
                  marked={marked}
                  current={current}
                  opened={opened}
                  folds={folds}
                  above={viewport.items[from - 1]}
                />
              </div>
            </div>
          </div>
        </div>
        <DateNote time={look.time} at={viewport.items[viewport.topIndex]?.time ?? ""} />
        <ViewScrollBar
          feed={feed}
          viewport={viewport}
          ticks={ticks}
          scale={scale}
          time={look.time}
          onMoved={() => {
            this.#ahead.moved();
            this.#moved();
          }}
        />
      </div>
    );
  }

  /** The feed loaded a requested position. */
  #goToPosition(): void {
    const { feed, position } = this.props;
    if (position === this.#shown || this.#viewport.heightPx === 0) return;
    this.#shown = position;
    this.#owedPx = 0;
    if (position.at !== "end") this.#ahead.arrived();
    this.#viewport.show(position, feed.sources);
    this.#restSoon();
  }

  #moved(): void {
    const { feed } = this.props;
    feed.setFollowing(this.#viewport.isAtEnd && !feed.hasLater);
    this.#restSoon();
    this.forceUpdate();
  }

  #restSoon(): void {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      const { feed, onRest } = this.props;
      onRest(feed.isFollowing ? undefined : this.#viewport.items[this.#viewport.topIndex]);
      this.#ahead.rested();
      this.#loadAhead();
    }, REST_AFTER_MS);
  }

  #resized(): void {
    const scroller = this.#scroller.current;
    if (scroller === null) return;
    this.#viewport.heightPx = scroller.clientHeight;
    scroller.style.setProperty("--view-height", `${scroller.clientHeight}px`);
    scroller.style.setProperty("--native-bar", `${scroller.offsetWidth - scroller.clientWidth}px`);
    this.#sizes.resized(scroller, this.#rows.current);
    this.forceUpdate();
  }

  #loadAhead(): void {
    const { feed } = this.props;
    const end = this.#ahead.next(feed, this.#viewport);
    if (end !== undefined) void feed.load(end);
  }
}
