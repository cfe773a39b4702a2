import { formatCount } from "../../format.ts";
import { counted } from "../counted.ts";
import type { find as english } from "../en/find.ts";

export const find: typeof english = {
  previous: "Coincidencia anterior",
  next: "Coincidencia siguiente",
  download: "Descargar",
  bareText: "Líneas tal como se imprimieron",
  timedText: "Con hora y nodo",
  clear: "Quitar",
  clearFilter: "Quitar filtro",
  remove: (text) => `Quitar ${text}`,
  noTime: (text) => `${text} no es una hora. Prueba con -10m, 14:05 o "nov 28 18:00"`,
  about: (rank) => `aprox. ${rank}`,
  rankOf: (rank, all) => `${rank} de ${all}`,
  soFar: " hasta ahora",
  capped: "; solo se muestran las primeras: acota la búsqueda",
  linesOf: (shown, all) => `${shown} de ${all} líneas`,
  hidden: (count) => counted(count, "oculta", "ocultas"),
  searched: (percent) => `${percent} % recorrido`,
  cancelled: "cancelada",
  cancelledAt: (part) => `cancelada: ${part}`,
  waits: (ahead) => `espera a ${counted(ahead, "búsqueda", "búsquedas")} más`,
  searching: "buscando",
  noMatch: "Sin coincidencias",
  matches: (count) => counted(count, "coincidencia", "coincidencias"),
  fromTop: "Desde el principio",
  fromEnd: "Desde el final",
  ended: "La búsqueda terminó antes de leerlo todo",
  cut: "La búsqueda terminó antes de tiempo: se cortó la conexión",
  stopped: {
    time: "No se ha leído todo: la búsqueda tardó demasiado. Acótala",
    failed: "No se ha leído todo: la búsqueda falló",
    refused: "No se ha leído todo: la búsqueda fue rechazada",
  },
  because: (stopped, message) => `${stopped}: ${message}`,
  unreadable: (count) =>
    `no se ${count === 1 ? "ha podido" : "han podido"} leer ${formatCount(count)} ${count === 1 ? "ejecución" : "ejecuciones"}`,
};
