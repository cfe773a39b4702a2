type Undo = () => void | Promise<void>;

/** One list for a file's hooks, and one for each test inside it (tests of a file run in turn). */
const levels: Undo[][] = [[]];

/**
 * Registers clean-up. It runs after the test (or after the file, if a beforeAll registers it), in reverse order,
 * whether the test passed or not. Outside Vitest the caller runs `closeCleanupLevel` itself.
 */
export function afterwards(undo: Undo): void {
  levels.at(-1)?.push(undo);
}

export function openCleanupLevel(): void {
  levels.push([]);
}

/** Runs the innermost level's clean-up; throws the first error when all are done. */
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
