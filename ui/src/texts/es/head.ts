import { formatCount } from "../../format.ts";
import type { head as english } from "../en/head.ts";

export const head: typeof english = {
  actions: "Acciones",
  actionsTitle: "Avisos, descargar, conservar, compartir, borrar",
  bytes: (bytes) => `${bytes} bytes`,
  raw: "sin procesar",
  runBy: (user, node) => `ejecutada por ${user} en ${node}`,
  runByTitle: (user, node, owner) =>
    `El uid de ${user} en ${node} es el de ${owner} en el recolector, por lo que ${owner} ve esta ejecución. ` +
    "Pide a un administrador que iguale los uids o que asigne los usuarios de este nodo.",
  mayBuffer: "quizá use búfer: prueba --pty",
  mayBufferTitle:
    "Está calculando, pero no ha impreso nada en un minuto. Muchos programas acumulan su salida cuando escriben en una tubería: " +
    "mlrun --pty les da un terminal; stdbuf -oL hace que algunos escriban línea a línea.",
  dropped: (size) => `${size} descartados`,
  droppedTitle: "mlrun tuvo que descartar estos bytes: su cola en disco estaba llena",
  thinned: (size) => `${size} de redibujados omitidos`,
  thinnedTitle:
    "Estados de barras de progreso redibujadas más deprisa de lo que se puede ver (mlrun --raw los conserva)",
  newestShown: (count) => `, se muestran las ${formatCount(count)} más recientes`,
  nested: "líneas de ejecuciones internas, una vez",
  nestedTitle:
    "Un mlrun dentro de otro imprime en la tubería de este, así que sus líneas están en ambos. Aquí aparecen una sola vez, como del interno; " +
    "la página de la ejecución externa tiene todas las suyas.",
  clockBehind: (node, seconds) => `el reloj de ${node} va ${seconds} s atrasado`,
  clockAhead: (node, seconds) => `el reloj de ${node} va ${seconds} s adelantado`,
  clocksDiffer: (count) => `los relojes de ${count} nodos difieren`,
  corrected: ": corregido",
  notCorrected: ": sin corregir",
  hideDetails: "Ocultar detalles",
  showDetails: "Mostrar detalles",
  belongs: "A qué pertenece",
  run: "Lanzamiento",
  runStates: { running: ", en curso", failed: ", fallido", lost: ", perdido" },
  allRuns: (count) => `los ${count} lanzamientos`,
};
