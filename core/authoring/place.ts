/** Where in a file something stands, ready to be part of a `Diagnostic`. */
export interface Place {
  /** Path relative to the project. */
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
  /** The text of that line. */
  readonly source?: string;
}

/** Keys and indexes from the root of an author form, such as `['tasks', 'fetch', 'needs', 0]`. */
export type AuthorPath = readonly (string | number)[];

/**
 * Finds the place of a value of the author form, or of the key that holds it; `null` if it has none. For a
 * path that does not exist the place of its nearest existing parent is right.
 */
export type Locate = (path: AuthorPath, at?: 'key' | 'value') => Place | null;
