/** The collector's refusals, by their code. What is not here stays in its own words, which name what is wrong. */
export const errors: Readonly<Record<string, string>> = {
  unauthorized: "Inicia sesión primero",
  denied: "No tienes permiso para eso",
  scope: "El token no permite hacer eso",
  foreign_origin: "La petición viene de otro sitio",
  not_found: "No existe, o no tienes acceso",
  several_owners: "Varios usuarios tienen una ejecución con ese nombre: elige de quién",
  held: "Está conservado: libéralo primero",
  running: "Aún está en curso: espera a que termine o detenlo",
  too_many: "Has llegado a un límite del recolector: espera un momento, o quita algo de lo que tienes",
  too_early: "Inténtalo de nuevo en un momento",
  unavailable: "Ahora mismo no es posible: inténtalo de nuevo más tarde",
  internal: "El recolector ha fallado: consulta su registro",
  differs: "Otra orden tiene este identificador: crea una nueva",
  quota: "Tienes demasiados archivos aquí: se borran un día después de su último uso",
  disk: "En el disco del recolector no cabe el archivo",
  digest: "Los bytes no corresponden a la suma SHA-256: envía el archivo de nuevo",
};
