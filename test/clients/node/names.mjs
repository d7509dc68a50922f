let number = 0;

/** A name that no other test has, fit for buckets and tables. */
export function newName(kind) {
  number += 1;
  return `${kind}-${process.pid}-${number}`;
}

/** Resolves to what `promise` was rejected with. */
export async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it was not refused');
}
