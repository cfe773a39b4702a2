import { formatCount } from "../../format.ts";
import type { board as english } from "../en/board.ts";

export const board: typeof english = {
  name: "Panel",
  cells: "Ejecuciones de este lanzamiento",
  silentFor: (state, time) => `${state}, en silencio desde hace ${time}`,
  silent: (time) => `en silencio ${time}`,
  silentTitle: "Callada desde hace más de diez veces la mediana de las demás",
  usual: (time) => `; lo habitual en este lanzamiento: ${time}`,
  andMore: (count) => `y ${formatCount(count)} más`,
  whatFailed: "Qué falló primero",
  failedFirst: (place) => `${place} falló primero`,
  lostFirst: (place) => `${place} se perdió primero`,
  lastHeard: (time) => `últimas noticias a las ${time}`,
  goThere: "Ir allí",
  onStderr: "Sus últimas líneas en stderr",
  notOnStderr: "Nada reciente en stderr; sus últimas líneas",
  showAll: (count) => `Mostrar las ${formatCount(count)}`,
  partial: (count) => `las ${formatCount(count)} ejecuciones más recientes; el lanzamiento tiene más`,
  order: "Orden del panel",
  orders: { rank: "por rank", node: "por nodo" },
};
