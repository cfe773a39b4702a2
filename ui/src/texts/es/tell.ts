import type { tell as english } from "../en/tell.ts";

export const tell: typeof english = {
  title: "Avísame",
  events: { end: "todo haya terminado", failure: "falle alguna", silence: "alguna quede en silencio" },
  when: (event) => ` cuando ${event}`,
  orLineHas: "o una línea contenga",
  lineHas: (text) => `una línea contenga "${text}"`,
  or: ", o ",
  youHear: (events) => `Recibirás un aviso cuando ${events}, mientras esta pestaña esté abierta`,
  noLonger: "Ya no",
  refused: "El navegador no permite notificaciones a esta página: permítelas en su configuración",
  unable: "Este navegador no muestra notificaciones de una página abierta: ábrela en el navegador de un ordenador",
  choose: "Elige de qué quieres recibir avisos",
  tooMany: (most) => `Esta pestaña ya tiene ${most} avisos: quita antes alguno con «Ya no»`,
  failed: "Ha fallado",
  lost: "Se ha perdido",
  hasEnded: "Ha terminado",
  allHaveEnded: (count) => `Han terminado las ${count}`,
  allEnded: "Han terminado todas",
  silentFor: (seconds) => `En silencio desde hace ${seconds} s`,
};
