import { formatCount } from "../../format.ts";
import { counted } from "../counted.ts";
import type { list as english } from "../en/list.ts";

export const list: typeof english = {
  title: "Ejecuciones",
  failed: "No se ha podido cargar la lista",
  loadingMore: "Cargando ejecuciones anteriores…",
  nothing: "Todavía no se ha ejecutado nada",
  nothingWhy: "Antepón mlrun a una orden, en cualquier nodo. Aparecerá aquí mientras se ejecuta.",
  example: "mlrun -- tu-orden",
  noMatch: "No coincide ninguna ejecución",
  clear: "Quitar los filtros",
  filter: "Filtrar ejecuciones",
  filterBy: "Orden, trabajo, nodo, etiqueta…",
  state: "Estado",
  anyState: "todas",
  order: "Ordenar",
  sorts: { newest: "recientes primero", problems: "problemas primero", longest: "más largas primero" },
  help: [
    ["j k ↓ ↑", "fila siguiente, anterior"],
    ["Intro", "abrirla"],
    ["Espacio", "mostrar u ocultar sus ejecuciones"],
    ["/", "filtrar"],
    ["?", "esta ayuda"],
  ],
  size: (lines, bytes) => `${lines} líneas, ${bytes} bytes`,
  linesUnit: " líneas",
  runningFor: "En curso desde hace",
  silent: (time) => `silencio ${time}`,
  silentTitle: "Ninguna ejecución de este lanzamiento ha impreso nada en este tiempo",
  silentCount: (count) => `${formatCount(count)} en silencio`,
  silentCountTitle: "En curso, y mucho más calladas que las demás",
  lastLineOfFirst: (place) => `Última línea de la primera que falló: ${place}`,
  lastLineOf: (place) => `Última línea de ${place}`,
  rate: "Líneas por segundo",
  aSecond: (count) => `${count}/s`,
  job: (name) => `Trabajo ${name}`,
  show: (name) => `Mostrar las ejecuciones de ${name}`,
  hide: (name) => `Ocultar las ejecuciones de ${name}`,
  listed: (shown, all) => `Se listan ${shown} de ${all} ejecuciones`,
  more: (count) => `Mostrar ${count} más`,
  mismatches: (count) =>
    count === 1
      ? "Un uid corresponde a otro usuario en un nodo"
      : `${counted(count, "uid", "uids")} corresponden a otro usuario en algún nodo`,
  mismatchesWhy:
    "Las líneas van al usuario que tiene ese uid en el recolector. Iguala los uids, o indica de quién son en collector.toml:",
  mismatch: (uid, there, node, here) => `el uid ${uid} es ${there} en ${node}, y aquí ${here}`,
};
