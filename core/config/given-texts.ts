import { parseConnection, readConnection } from '../model/connection.ts';
import {
  CONNECTION_PREFIX,
  VALUE_NAME,
  VARIABLE_PREFIX,
  type ValueOf,
  valueProblem,
} from '../model/variable.ts';
import type { GivenText } from './config.ts';
import type { ConfigPlace, ConfigProblem, Settings } from './layer.ts';

/** Environment variables, and where each of them stands. */
export interface Variables {
  readonly variables: { readonly [name: string]: string | undefined };
  readonly placeOf: (name: string) => ConfigPlace;
}

/** Variables and connections by name, as far as config and environment give them. */
export interface GivenTexts {
  readonly variables: { readonly [name: string]: GivenText };
  readonly connections: { readonly [name: string]: GivenText };
}

type Report = (problem: ConfigProblem) => void;
type Texts = { [name: string]: GivenText };

/**
 * Reads the sections `variables` and `connections`, and `ORCH_VAR_*` and `ORCH_CONN_*` of the environments,
 * the last of which wins. Problems never say what a value is.
 */
export function givenTexts(
  settings: Settings,
  environments: readonly Variables[],
  report: Report,
): GivenTexts {
  const variables: Texts = Object.create(null);
  const connections: Texts = Object.create(null);
  readSections(settings, { variables, connections }, report);
  for (const environment of environments)
    for (const name of Object.keys(environment.variables).sort()) {
      const text = environment.variables[name];
      if (text === undefined) continue;
      const place = environment.placeOf(name);
      if (name.startsWith(VARIABLE_PREFIX))
        readVariable(
          { variable: name, name: name.slice(VARIABLE_PREFIX.length), text, place },
          variables,
          report,
        );
      else if (name.startsWith(CONNECTION_PREFIX))
        readUrl(
          { variable: name, name: name.slice(CONNECTION_PREFIX.length), text, place },
          connections,
          report,
        );
    }
  return { variables, connections };
}

interface Read {
  /** Of the environment. */
  readonly variable: string;
  readonly name: string;
  readonly text: string;
  readonly place: ConfigPlace;
}

function readSections(
  settings: Settings,
  texts: { variables: Texts; connections: Texts },
  report: Report,
): void {
  const fields = new Map<string, { place: ConfigPlace; given: { [field: string]: unknown } }>();
  for (const [key, { value, place }] of settings) {
    const [section, name = '', field] = key.split('.');
    if (section === 'variables')
      texts.variables[name] = { text: String(value), kind: 'plain', wins: false, origin: place.origin };
    if (section !== 'connections' || field === undefined) continue;
    const known = fields.get(name) ?? { place, given: {} };
    known.given[field] = value;
    fields.set(name, known);
  }
  for (const [name, { place, given }] of fields) {
    const read = readConnection(given);
    if (read.ok) {
      const { connection } = read;
      const text = JSON.stringify(connection);
      texts.connections[name] = { text, kind: connection.type, wins: false, origin: place.origin };
    } else {
      report({ rule: 'config-value', message: `connection '${name}' ${read.problem}`, place });
    }
  }
}

/** What the environment sets is a secret, unless airflow.yaml says a value of the same name in the clear. */
function readVariable({ variable, name, text, place }: Read, texts: Texts, report: Report): void {
  if (!isName('variable', { variable, name, place }, report)) return;
  const kind = texts[name]?.kind ?? 'secret';
  const problem = valueProblem(text, kind === 'secret');
  if (problem !== null) report({ rule: 'config-value', message: `${variable} ${problem}`, place });
  else texts[name] = { text, kind, wins: true, origin: place.origin };
}

function readUrl({ variable, name, text, place }: Read, texts: Texts, report: Report): void {
  if (!isName('connection', { variable, name, place }, report)) return;
  const read = parseConnection(text);
  if (!read.ok) return report({ rule: 'config-value', message: `${variable} ${read.problem}`, place });
  const { connection } = read;
  texts[name] = { text: JSON.stringify(connection), kind: connection.type, wins: true, origin: place.origin };
}

function isName(of: ValueOf, { variable, name, place }: Omit<Read, 'text'>, report: Report): boolean {
  if (new RegExp(VALUE_NAME).test(name)) return true;
  const message = `${variable} names no ${of}: a letter or underscore, then letters, digits or '_'`;
  report({ rule: 'config-name', message, place });
  return false;
}
