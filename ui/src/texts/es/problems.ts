import type { ProblemName } from "../../../../src/wire/problems.ts";

/** Faults of a request or a search, as named by the collector. */
export const problems: Readonly<Record<ProblemName, string>> = {
  body: "se esperaba JSON como {example}",
  text: "{name}: se esperaba un texto",
  "text-of": "{name}: se esperaba un texto de 1 a {limit} caracteres",
  characters: "{name}: {characters} caracteres, y el límite es {limit}",
  bytes: "{name}: {bytes} bytes, y el límite es {limit}",
  unknown: "{name}: valor desconocido",
  flag: "{name}: se esperaba true o false",
  word: "{name}: se esperaba {expected}",
  time: "{name}: se esperaba una hora como 2026-11-20T04:17:44.960662Z",
  count: "{name}: se esperaba un número entero de {least} a {most}",
  age: "{name}: se esperaban milisegundos, de 0 a {most}",
  list: "{name}: se esperaba una lista como {example}",
  many: "{name}: {count} elementos, y el límite es {limit}",
  labels: "labels: se esperaban como máximo {limit} textos con nombre",
  scope: "what: se esperaba una ejecución {x}, un {job} o {all: true}",
  "kept-scope": "what: se esperaba una ejecución, {x}, o un {job}",
  "run-of-job": "run: nombra también su trabajo",
  "run-id": "run: no es el identificador de un lanzamiento ({expected})",
  place: "place: se esperaba {time}, o {time, x, n} de una línea",
  context: "buckets: no se admite contexto",
  "from-one": "from: se esperaba una sola ejecución en what",
  "place-many": "place: se esperaba un trabajo, un lanzamiento o all en what",
  "lines-only": "{name}: se esperaban líneas sin contexto",
  "count-with": "limit: con {name} se esperaba un número entero de 1 a {most}",
  "line-feed": "{name}: contiene un salto de línea, pero solo se busca en líneas sueltas",
  "carriage-return": "pattern: contiene un retorno de carro; en una expresión regular, escribe \\r",
  surrogate: "{name}: contiene medio par subrogado, que ningún texto tiene",
  "searches-of-user": "{count} búsquedas tuyas esperan, y el límite es {limit}: espera a que termine alguna",
  searches: "{count} búsquedas esperan, y el límite es {limit}: inténtalo de nuevo en un momento",
  ripgrep: "En el recolector falta ripgrep: instálalo allí (apt-get install ripgrep)",
  regex: "{said}",
  "regex-too-large": "La expresión ocupa más de {limit} bytes una vez compilada: repite menos en ella",
  "regex-invalid-escape-sequence-found-in-character-class":
    "Carácter {at} de la expresión: secuencia de escape no válida entre corchetes; escribe \\\\ para una barra invertida",
  "regex-invalid-character-class-range":
    "Carácter {at} de la expresión: intervalo no válido; escribe [a-z], no [z-a], y \\- para un guion",
  "regex-invalid-range-boundary":
    "Carácter {at} de la expresión: extremo de intervalo no válido; escribe \\- para un guion entre corchetes",
  "regex-unclosed-character-class":
    "Carácter {at} de la expresión: corchete sin cerrar; añade ], o escribe \\[ para un corchete",
  "regex-decimal-literal-empty": "Carácter {at} de la expresión: se esperaba un número entre las llaves",
  "regex-decimal-literal-invalid": "Carácter {at} de la expresión: el número es demasiado grande",
  "regex-hexadecimal-literal-empty": "Carácter {at} de la expresión: se esperaban cifras hexadecimales",
  "regex-hexadecimal-literal-is-not-a-unicode-scalar-value":
    "Carácter {at} de la expresión: ningún carácter tiene ese número hexadecimal",
  "regex-invalid-hexadecimal-digit": "Carácter {at} de la expresión: cifra hexadecimal no válida",
  "regex-incomplete-escape-sequence":
    "Carácter {at} de la expresión: secuencia de escape incompleta; escribe \\\\ para una barra invertida",
  "regex-unrecognized-escape-sequence":
    "Carácter {at} de la expresión: secuencia de escape desconocida; escribe \\\\ para una barra invertida",
  "regex-dangling-flag-negation-operator": "Carácter {at} de la expresión: tras el guion falta una opción",
  "regex-duplicate-flag": "Carácter {at} de la expresión: opción repetida",
  "regex-flag-negation-operator-repeated": "Carácter {at} de la expresión: segundo guion entre las opciones",
  "regex-expected-flag-but-got-end-of-regex": "Carácter {at} de la expresión: termina donde se esperaba una opción",
  "regex-unrecognized-flag":
    "Carácter {at} de la expresión: opción desconocida; (?i) no distingue mayúsculas de minúsculas",
  "regex-duplicate-capture-group-name": "Carácter {at} de la expresión: nombre de grupo repetido",
  "regex-empty-capture-group-name": "Carácter {at} de la expresión: falta el nombre del grupo",
  "regex-invalid-capture-group-character":
    "Carácter {at} de la expresión: no puede formar parte del nombre de un grupo, que tiene letras, cifras y _",
  "regex-unclosed-capture-group-name": "Carácter {at} de la expresión: nombre de grupo sin cerrar; añade >",
  "regex-unclosed-group": "Carácter {at} de la expresión: grupo sin cerrar; añade ), o escribe \\( para un paréntesis",
  "regex-unopened-group": "Carácter {at} de la expresión: grupo sin abrir; escribe \\) para un paréntesis",
  "regex-exceed-the-maximum-number-of-nested-parentheses-brackets":
    "Carácter {at} de la expresión: demasiados paréntesis y corchetes unos dentro de otros",
  "regex-invalid-repetition-count-range":
    "Carácter {at} de la expresión: número de repeticiones no válido; escribe {1,2}, no {2,1}",
  "regex-repetition-quantifier-expects-a-valid-decimal":
    "Carácter {at} de la expresión: se esperaba un número entre las llaves; escribe \\{ para una llave",
  "regex-unclosed-counted-repetition":
    "Carácter {at} de la expresión: repetición sin cerrar; añade }, o escribe \\{ para una llave",
  "regex-repetition-operator-missing-expression":
    "Carácter {at} de la expresión: no hay nada delante que repetir; escribe \\* para un asterisco, \\+ para un más, \\? para una interrogación",
  "regex-invalid-unicode-character-class": "Carácter {at} de la expresión: clase de caracteres Unicode no válida",
  "regex-backreferences-are-not-supported": "Carácter {at} de la expresión: no se admiten referencias a grupos",
  "regex-look-around":
    "Carácter {at} de la expresión: no se puede mirar adelante ni atrás; un término con un guion delante excluye líneas",
  "regex-unicode-not-allowed-here": "Carácter {at} de la expresión: después de (?-u) no se admite Unicode",
  "regex-pattern-can-match-invalid-utf-8":
    "Carácter {at} de la expresión: puede coincidir con algo que no es UTF-8; quita (?-u)",
  "regex-unicode-property-not-found":
    "Carácter {at} de la expresión: propiedad Unicode desconocida; una que existe es \\p{Letter}",
  "regex-unicode-property-value-not-found": "Carácter {at} de la expresión: valor desconocido de una propiedad Unicode",
};
