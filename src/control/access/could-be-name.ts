/**
 * Whether a filter's value could be somebody's name at all. What is not plain ASCII fits nothing; asking the database
 * would find look-alikes in one engine and fail on NUL in another.
 */
export function couldBeName(value: string | undefined): boolean {
  return value === undefined || /^[\x21-\x7e]{1,190}$/.test(value);
}
