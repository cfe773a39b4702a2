/** JSON by object, so that all followers of a run share one text. */
const texts = new WeakMap<object, string>();

/** Yields each value as JSON. */
export async function* inJson(values: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const value of values) {
    const text = texts.get(value) ?? JSON.stringify(value);
    texts.set(value, text);
    yield text;
  }
}
