type Undo = () => void | Promise<void>;

/** One list for what a file's hooks started, and one for each test that runs inside (tests of a file run in turn). */
const levels: Undo[][] = [[]];

/**
 * Registers how to undo what was just started. Runs after the test (or after the file, when a beforeAll calls it), in
 * reverse order, whether the test passed or not. Outside Vitest the caller runs `closeCleanupLevel` itself.
 */
export function afterwards(undo: Undo): void {
  levels.at(-1)?.push(undo);
}

export function openCleanupLevel(): void {
  levels.push([]);
}

/** Undoes everything of the innermost level; the first error is thrown when all are done. */
export async function closeCleanupLevel(): Promise<void> {
  const undos = levels.pop() ?? [];
  if (levels.length === 0) levels.push([]);
  const errors: unknown[] = [];
  for (const undo of undos.reverse()) {
    try {
      await undo();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
