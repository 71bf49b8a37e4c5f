import type { Type as Typebox } from 'typebox';

/**
 * The schema builder of typebox. Its 300 modules are loaded when the first schema is built, since most DAG files
 * build none and each is evaluated in a process of its own.
 */
export const Type: typeof Typebox = new Proxy({} as typeof Typebox, {
  get: (_, name) => Reflect.get(load(), name),
  has: (_, name) => Reflect.has(load(), name),
  ownKeys: () => Reflect.ownKeys(load()),
  getOwnPropertyDescriptor: (_, name) => {
    const found = Reflect.getOwnPropertyDescriptor(load(), name);
    return found && { ...found, configurable: true };
  },
});

let loaded: typeof Typebox | undefined;

function load(): typeof Typebox {
  loaded ??= process.getBuiltinModule('node:module').createRequire(import.meta.url)('typebox').Type;
  return loaded as typeof Typebox;
}
