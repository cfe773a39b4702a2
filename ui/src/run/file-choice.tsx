import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatBytes } from "../format.ts";
import { run as t } from "../texts/en/run.ts";
import type { ChosenFiles } from "./use-chosen-files.ts";

/** Files that go to the nodes before the command begins: dropped here, or picked. */
export function FileChoice({ files }: { readonly files: ChosenFiles }): JSX.Element {
  const [isOver, setOver] = useState(false);
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    files.add([...(event.dataTransfer?.files ?? [])]);
  };
  const over = (event: DragEvent): void => {
    event.preventDefault();
    setOver(true);
  };
  return (
    <fieldset
      class={`file-choice ${isOver ? "over" : ""}`}
      onDragOver={over}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <label class="file-pick">
        {t.files}
        <input
          type="file"
          multiple
          onChange={({ currentTarget }) => {
            files.add([...(currentTarget.files ?? [])]);
            currentTarget.value = "";
          }}
        />
        <span class="quiet">{t.dropped}</span>
      </label>
      <ul aria-label={t.files}>
        {files.all.map(({ file, sent }) => (
          <li key={file.name}>
            <span>{file.name}</span>
            <span class="quiet">{formatBytes(file.size)}</span>
            {sent === undefined ? null : <progress aria-label={file.name} value={sent} max={Math.max(1, file.size)} />}
            <button type="button" class="plain" aria-label={t.leaveOut(file.name)} onClick={() => files.remove(file)}>
              ×
            </button>
          </li>
        ))}
      </ul>
      {files.all.length === 0 ? null : (
        <label>
          <input
            type="checkbox"
            checked={files.overwrites}
            onChange={({ currentTarget }) => files.setOverwrites(currentTarget.checked)}
          />{" "}
          {t.overwrite}
        </label>
      )}
    </fieldset>
  );
}
