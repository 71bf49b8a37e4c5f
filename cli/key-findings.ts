import { statSync } from 'node:fs';
import { AppError } from '../core/model/errors.ts';
import type { ValueRecord } from '../core/model/variable.ts';
import type { Project } from '../core/scheduler/project.ts';
import type { KeyRing } from '../core/secrets/key-ring.ts';
import type { Finding } from './examine.ts';
import { counted } from './render/counted.ts';

const TOPIC = 'keys';
/** So many values are named in one finding. */
const NAMED = 3;
const SET_AGAIN = "set them again: 'orch variable set', 'orch connection set'";

/** Whether stored variables and connections can be decrypted, and whether others can read the keys. */
export async function keyFindings({ store, keys }: Pick<Project, 'store' | 'keys'>): Promise<Finding[]> {
  const values = [...(await store.variables.all()), ...(await store.connections.all())];
  const ids = new Set(values.map(({ keyId }) => keyId));
  const missing: string[] = [];
  try {
    for (const id of ids) if (keys.key(id) === null) missing.push(id);
    if (ids.size === 0) keys.key('');
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const rest = values.length === 0 ? '' : `: ${counted(values.length, 'stored value')} cannot be decrypted`;
    const advice = 'mend store.encryptionKey or store.encryptionKeyFile of the config';
    return [{ level: 'problem', topic: TOPIC, text: `${error.message}${rest}`, advice }];
  }
  const findings = missing.map((id) => missingFinding(keys, id, values));
  const broken = values.filter((one) => !missing.includes(one.keyId) && !opens(keys, one));
  if (broken.length > 0) {
    const text = `what is stored of ${namesOf(broken)} was changed past orch and does not decrypt`;
    findings.push({ level: 'problem', topic: TOPIC, text, advice: SET_AGAIN });
  }
  const open = fileFinding(keys);
  if (open !== null) findings.push(open);
  if (findings.length > 0) return findings;
  const text =
    values.length === 0
      ? 'no variable or connection is stored'
      : `${counted(values.length, 'stored value')}, all can be decrypted`;
  return [{ level: 'ok', topic: TOPIC, text }];
}

function missingFinding(keys: KeyRing, id: string, values: readonly ValueRecord[]): Finding {
  const named = namesOf(values.filter(({ keyId }) => keyId === id));
  const text = `key ${id}, which has encrypted ${named}, is not in ${keys.where}`;
  return { level: 'problem', topic: TOPIC, text, advice: `add that key behind the others, or ${SET_AGAIN}` };
}

function opens(keys: KeyRing, value: ValueRecord): boolean {
  try {
    keys.open(value);
    return true;
  } catch {
    return false;
  }
}

/** Whether others than its owner can read the file of keys. */
function fileFinding({ file }: KeyRing): Finding | null {
  const mode = file === null ? 0 : (statSync(file, { throwIfNoEntry: false })?.mode ?? 0);
  if (file === null || process.platform === 'win32' || (mode & 0o077) === 0) return null;
  const isOpen = (mode & 0o007) !== 0;
  return {
    level: isOpen ? 'problem' : 'warning',
    topic: TOPIC,
    text: `the file of keys ${file} can be used by ${isOpen ? 'every user of this machine' : 'its group'}`,
    advice: `chmod 600 ${file}; if somebody may have read it: a new key in front, then orch variable rotate`,
  };
}

function namesOf(values: readonly ValueRecord[]): string {
  const names = values.slice(0, NAMED).map(({ of, name }) => `${of} ${name}`);
  const more = values.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
