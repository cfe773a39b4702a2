import { formatCount } from "../../format.ts";
import { counted } from "../counted.ts";
import type { search as english } from "../en/search.ts";

export const search: typeof english = {
  tab: "Buscar",
  title: "Buscar en todas las líneas",
  label: "Buscar en las líneas de todas las ejecuciones",
  help: 'Deben aparecer todas las palabras; "una frase", -sin, /expresión regular/, y node: rank: stream: level: state: since: until:',
  moreExecutions: (count) => `Hay coincidencias en ${formatCount(count)} ejecuciones más: acota la búsqueda.`,
  where: (found, executions) => `${found}, en ${counted(executions, "ejecución", "ejecuciones")}`,
  onlyFirst: (words) => `${words}; solo se muestran las primeras`,
  matchesOn: (node) => `Coincidencias en ${node}`,
  more: (count) => `${formatCount(count)} más`,
};
