import { MigrationError } from '../../lib';

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It was resolved, and should have been rejected.');
}

/** The same, where it has to be an error of the library's own. */
export async function migrationError(promise: Promise<unknown>): Promise<MigrationError> {
  const error = await rejection(promise);
  if (error instanceof MigrationError) return error;
  throw new Error('It was rejected with something else.', { cause: error });
}
