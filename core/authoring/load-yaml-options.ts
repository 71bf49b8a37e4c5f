/** How the YAML library reads DAG files. */
export const YAML_OPTIONS = {
  prettyErrors: false,
  schema: 'core',
  version: '1.2',
  // The library compares every key with every earlier one; checkYaml does it in linear time.
  uniqueKeys: false,
  logLevel: 'silent',
} as const;
