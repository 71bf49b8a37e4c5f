const EMPTY_NAMES = ['util', 'utils', 'helper', 'helpers', 'common', 'misc', 'stuff'];

/** Files and folders whose name says nothing about what is in them. */
export function emptyNames(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const words = path.split('/').flatMap((segment) => segment.replace(/\.[a-z.]+$/, '').split('-'));
    const empty = words.find((word) => EMPTY_NAMES.includes(word));
    return empty === undefined
      ? []
      : [`${path}: a name with \`${empty}\` tells nobody what to look for there`];
  });
}

/** Sources that are not named in kebab-case. */
export function oddNames(paths: readonly string[]): string[] {
  return paths
    .filter((path) => /\.(ts|tsx|js|mjs)$/.test(path))
    .filter((path) => !/^[a-z0-9][a-z0-9.-]*$/.test(path.split('/').at(-1) ?? ''))
    .filter((path) => !/^dags\/|fixtures\/|^test\/twins\//.test(path))
    .map((path) => `${path}: file names are kebab-case`);
}
