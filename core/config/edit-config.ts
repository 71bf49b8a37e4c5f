import { isScalar, parseDocument } from 'yaml';
import { AppError } from '../model/errors.ts';

/** A change of the config file: key by key the new value; `null` takes the key out. */
export type ConfigChange = { readonly [key: string]: string | number | boolean | null };

const OPEN: readonly RegExp[] = [
  /^scheduler\.(maxActive|loadCpu|loadWait|loadMemoryMb)$/,
  /^runners\.(max|memoryMb|idle|maxAttempts)$/,
  /^pools\.[A-Za-z_][A-Za-z0-9_-]{0,127}\.(slots|description)$/,
  /^defaults\.retries\.(max|delay|backoff|factor|maxDelay|jitter)$/,
  /^defaults\.(timeout|killGrace|lostBudget|maxActiveRuns|maxActiveTasks)$/,
  /^log\.(level|maxBytes|keep|maxBytesPerAttempt)$/,
  /^retention\.(runs|keep|diskFreeMb)$/,
  /^alerts\.rules\.[A-Za-z_][A-Za-z0-9_-]{0,127}\.(on|level|recovery|resource|threshold|for)$/,
  /^alerts\.rules\.[A-Za-z_][A-Za-z0-9_-]{0,127}\.(groupBy|window|coolDown)$/,
];

/**
 * Whether a key may be read and changed over the API. Nothing is that says where the store or the server is,
 * who has to log in, or holds a secret: whoever may use the API cannot take more by it than it gives.
 */
export function isOpenKey(key: string): boolean {
  return OPEN.some((one) => one.test(key));
}

/**
 * The text of a config file with some keys changed; comments and everything else stay.
 * @throws AppError `invalid` for a key that may not be changed, or a file that is no YAML.
 */
export function editConfig(text: string, change: ConfigChange): string {
  const wrong = Object.keys(change).find((key) => !isOpenKey(key));
  if (wrong !== undefined) throw new AppError('invalid', `'${wrong}' is no key that can be changed here`);
  const document = parseDocument(text);
  if (document.errors.length > 0) throw new AppError('invalid', 'airflow.yaml is no YAML: mend it by hand');
  for (const [key, value] of Object.entries(change)) {
    const path = key.split('.');
    widen(document, path.slice(0, -1));
    if (value === null) document.deleteIn(path);
    else document.setIn(path, value);
  }
  return document.toString({ lineWidth: 0 });
}

/** A short form, `pools: { db: 2 }`, is written out: what it stands for holds beside what is new. */
function widen(document: ReturnType<typeof parseDocument>, path: readonly string[]): void {
  for (let length = 1; length <= path.length; length++) {
    const part = path.slice(0, length);
    const node = document.getIn(part, true);
    if (!isScalar(node)) continue;
    const [section, name] = part;
    const long = section === 'pools' ? 'slots' : section === 'defaults' && name === 'retries' ? 'max' : null;
    document.setIn(
      part,
      document.createNode(long === null || node.value === null ? {} : { [long]: node.value }),
    );
  }
}
