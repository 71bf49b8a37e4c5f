type Primitive = string | number | boolean | null | undefined;
/** What JSON gives back as it was. Types made of it stay as they are, however many tasks hand them on. */
type Plain = Primitive | readonly Plain[] | { readonly [key: string]: Plain };
type Unserializable = ((...args: never[]) => unknown) | symbol | bigint;

/**
 * What is left of a `T` after it went through JSON, which is how an output reaches the tasks that need it: a
 * `Date` is a string, methods are gone, `void` is `undefined`.
 */
export type Jsonify<T> = 0 extends 1 & T
  ? T
  : unknown extends T
    ? unknown
    : // biome-ignore lint/suspicious/noConfusingVoidType: a function without `return` gives void
      [T] extends [void]
      ? undefined
      : T extends Plain
        ? T
        : T extends { toJSON(): infer R }
          ? Jsonify<R>
          : T extends Unserializable
            ? never
            : T extends readonly unknown[]
              ? { [I in keyof T]: Jsonify<T[I]> }
              : T extends object
                ? { [K in keyof T as T[K] extends Unserializable ? never : K]: Jsonify<T[K]> }
                : undefined;
