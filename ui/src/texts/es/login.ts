import type { login as english } from "../en/login.ts";

export const login: typeof english = {
  lead: "Inicia sesión con tu cuenta de esta máquina.",
  user: "Usuario",
  password: "Contraseña",
  capsLock: "Bloq Mayús está activado",
  tryAgainIn: (seconds) => ` Inténtalo de nuevo dentro de ${seconds} s.`,
  checking: "Comprobando…",
  signIn: "Iniciar sesión",
  wrong: "Usuario o contraseña incorrectos.",
  tooMany: "Demasiados intentos.",
  unreached: "No se puede acceder al recolector. Comprueba la red e inténtalo de nuevo.",
  unavailable: "Ahora mismo no se puede iniciar sesión: el servicio de contraseñas no responde.",
};
