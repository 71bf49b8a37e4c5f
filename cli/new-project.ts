import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packagePath } from '../core/config/installation.ts';
import { isInPackages } from '../core/parsing/project-path.ts';

interface NewFile {
  readonly path: string;
  readonly text: string;
  /** A project may have this file already; then it stays as it is. */
  readonly merge?: true;
}

const CONFIG = `# Every key has a default: 'orch schema config' explains them,
# 'orch config show --origin' shows what is in force and where it came from.
pools:
  # At most 4 tasks that name 'pool: web' run at once, over all DAGs.
  web: 4
`;

const TYPESCRIPT_DAG = `import { dag, Type } from 'orch';

// Greets everybody at once, then counts. Run it: orch trigger hello -p names=Ada,Grace,Edsger
export default dag(
  {
    id: 'hello',
    title: 'A first DAG',
    params: Type.Object({ names: Type.Array(Type.String(), { default: ['Ada', 'Grace'] }) }),
  },
  (d) => {
    const greetings = d.forEach('person', { over: d.params.names }, (g, name) =>
      g.task('greet', { needs: { name }, retries: 2 }, ({ name }, ctx) => {
        const text = \`Hello, \${name}!\`;
        ctx.log.info(text);
        return text;
      }),
    );
    d.task('count', { needs: { greetings } }, ({ greetings }, ctx) => {
      ctx.metric('greetings', greetings.length);
      return greetings.map((one) => one.value);
    });
  },
);
`;

const YAML_DAG = `# yaml-language-server: $schema={{schema}}
id: disk_report
title: How full is the disk?
schedule: "0 9 * * *"
tasks:
  measure:
    # What a command writes to $ORCH_OUTPUT as JSON is its output.
    run: |
      used=$(df -Pk . | awk 'NR==2 { print $5 + 0 }')
      echo "{\\"used\\": $used}" > "$ORCH_OUTPUT"
  report:
    needs: { DISK: measure }
    run: echo "The disk is used like this $DISK"
`;

const GITIGNORE = `node_modules/
.orch/
.env
`;

const TSCONFIG = `{
  "compilerOptions": {
    "target": "es2024",
    "module": "preserve",
    "types": ["*"],
    "strict": true,
    "erasableSyntaxOnly": true,
    "verbatimModuleSyntax": true,
    "allowImportingTsExtensions": true,
    "skipLibCheck": true,
    "noEmit": true
  },
  "include": ["dags", "operators"]
}
`;

/** The files of a new project. */
export const NEW_PROJECT: readonly NewFile[] = [
  { path: 'airflow.yaml', text: CONFIG },
  { path: 'dags/hello.ts', text: TYPESCRIPT_DAG },
  { path: 'dags/disk_report.yaml', text: YAML_DAG },
  { path: 'tsconfig.json', text: TSCONFIG, merge: true },
  { path: '.gitignore', text: GITIGNORE, merge: true },
];

/** The text of a file of a new project that lies in this folder, which exists. */
export function textIn(projectDir: string, { text }: NewFile): string {
  return text.replace('{{schema}}', () => schemaReference(projectDir));
}

const SCHEMA = 'node_modules/orch/dag.schema.json';

/**
 * How files in `dags/` name the schema of DAG files: the one of the orch that the project has installed. A
 * project without one names that of the running repository, or, if orch itself runs as a package from
 * elsewhere, the place where installing it will put the schema.
 */
function schemaReference(projectDir: string): string {
  const own = packagePath('dag.schema.json');
  const schema = installedSchema(projectDir) ?? (isInPackages(own) ? join(projectDir, SCHEMA) : own);
  const path = relative(join(projectDir, 'dags'), schema).split(sep).join('/');
  // The line ends at the first blank, and of the two only an URL may be escaped.
  return /\s/.test(path) ? pathToFileURL(schema).href : path;
}

function installedSchema(projectDir: string): string | null {
  for (let folder = projectDir; ; folder = dirname(folder)) {
    if (existsSync(join(folder, SCHEMA))) return join(folder, SCHEMA);
    if (dirname(folder) === folder) return null;
  }
}
