import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { log } from "../../texts/en/log.ts";
import type { NodeLabel } from "../view/row-look.ts";

interface SideHeaderProps {
  readonly labels: readonly NodeLabel[];
  readonly hasTime: boolean;
}

/** The names of the columns, scrolled with them. */
export function SideHeader({ labels, hasTime }: SideHeaderProps): JSX.Element {
  const names = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const scroller = document.querySelector(".scroller");
    const follow = (): void => {
      if (names.current !== null && scroller !== null) names.current.scrollLeft = scroller.scrollLeft;
    };
    scroller?.addEventListener("scroll", follow, { passive: true });
    return () => scroller?.removeEventListener("scroll", follow);
  }, []);
  return (
    <div class="side-header" ref={names} style={{ "--columns": String(labels.length) }}>
      {hasTime ? <span class="side-time">{log.time}</span> : null}
      <span class="side-cells">
        {labels.map(({ text, hue }, at) => (
          <span key={at} class={`side-cell node-label hue-${hue}`} title={text}>
            {text}
          </span>
        ))}
      </span>
    </div>
  );
}
