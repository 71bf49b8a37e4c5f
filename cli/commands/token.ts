import { isInForce, makeToken } from '../../core/accounts/keep-accounts.ts';
import { ACCOUNT_NAME, type TokenRecord } from '../../core/model/account.ts';
import { AppError } from '../../core/model/errors.ts';
import { nearest } from '../../core/model/nearest.ts';
import type { Project } from '../../core/scheduler/project.ts';
import { audited } from '../audited.ts';
import { chosenAction, takesNoName } from '../chosen-action.ts';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { durationFlag } from '../duration-flag.ts';
import { EXIT } from '../exit-code.ts';
import { defineGrants, type GrantOptions, grantsOf, grantsText, warnOfUnknownDags } from '../grant-flags.ts';
import { tableLines, tableWidth } from '../render/table.ts';
import { agoText, dateText, instantText } from '../render/time-text.ts';
import { withProject } from '../with-project.ts';

interface TokenOptions extends GrantOptions {
  readonly expires?: string;
}

type Act = (context: CommandContext, options: TokenOptions, name: string | undefined) => Promise<number>;

const ACTIONS: { readonly [action: string]: Act } = { create, list, revoke };
/** The beginning of an id that is enough, as far as only one has it. */
const PREFIX_MIN = 4;
const SHOWN_DIGITS = 8;

/** `orch token <action>`: what programs show the HTTP API. */
export const token = defineCommand<TokenOptions>({
  description:
    'A program that uses the HTTP API shows its token in a header, Authorization: Bearer <secret>. The ' +
    'secret is printed once, alone on stdout; a hash of it is stored.',
  examples: [
    { command: 'TOKEN=$(orch token create ci --role operator)', what: 'may start and stop runs' },
    {
      command: "orch token create desk --role viewer --dags 'market_*' --expires 90d",
      what: 'may read some DAGs, for a while',
    },
    { command: 'orch token list', what: 'who made which, and when it was used' },
    { command: 'orch token revoke 5f0c19b2', what: 'ends it at once' },
  ],
  define: (command) => {
    command
      .argument('<action>', 'create, list or revoke')
      .argument('[name]', 'create: a name, which the audit log shows; revoke: the id or its beginning');
    defineGrants(command);
    command.option('--expires <duration>', 'create: how long it holds, such as 90d; otherwise until revoked');
  },
  run: (context, options, [action, name]) => {
    const act = chosenAction('token', ACTIONS, action, name);
    if (action === 'list') takesNoName('token', action, name);
    return act(context, options, name === undefined ? name : String(name));
  },
});

async function create(
  context: CommandContext,
  options: TokenOptions,
  name: string | undefined,
): Promise<number> {
  if (name === undefined) throw new AppError('usage', "'orch token create' needs a name for the token.");
  if (!new RegExp(ACCOUNT_NAME).test(name))
    throw new AppError('usage', `'${name}' is no name: letters, digits and . _ @ + - after the first one.`);
  const grants = grantsOf(options);
  if (grants === null) throw new AppError('usage', "'orch token create' needs a --role.");
  const lastsMs = options.expires === undefined ? null : durationFlag('--expires', options.expires);
  return withProject(context, async (project) => {
    await warnOfUnknownDags(context, project, grants);
    const at = project.clock.now();
    const expiresAt = lastsMs === null ? null : at + lastsMs;
    const change = { action: 'createToken', target: `name=${name}`, status: 201 };
    const made = await audited(project, change, (by) =>
      makeToken(project.store.accounts, { name, grants, expiresAt }, { by, at }),
    );
    if (context.flags.json) context.json({ token: tokenJson(made.token), secret: made.secret });
    else context.print(made.secret);
    const until = expiresAt === null ? 'until it is revoked' : `until ${dateText(expiresAt)} UTC`;
    const id = shortId(made.token);
    context.say(`token ${name} (${id}): ${grantsText(grants)}, ${until}. Its secret is shown this once.`);
    return EXIT.ok;
  });
}

function list(context: CommandContext): Promise<number> {
  return withProject(context, async ({ store, clock }) => {
    const tokens = await store.accounts.tokens();
    if (context.flags.json) context.json({ items: tokens.map(tokenJson), nextCursor: null });
    else if (tokens.length === 0)
      context.say('There are no tokens: orch token create <name> --role <role> makes one.');
    else context.print(table(context, tokens, clock.now()).join('\n'));
    return EXIT.ok;
  });
}

async function revoke(
  context: CommandContext,
  _options: TokenOptions,
  id: string | undefined,
): Promise<number> {
  if (id === undefined) throw new AppError('usage', "'orch token revoke' needs the id of a token.");
  return withProject(context, async (project) => {
    const one = await findToken(project, id);
    const at = project.clock.now();
    if (one.revokedAt !== null)
      throw new AppError('conflict', `Token ${shortId(one)} was revoked ${agoText(one.revokedAt, at)}.`);
    const change = { action: 'revokeToken', target: `tokenId=${one.tokenId}`, status: 204 };
    await audited(project, change, () => project.store.accounts.revokeToken(one.tokenId, at));
    if (context.flags.json) context.json(tokenJson({ ...one, revokedAt: at }));
    context.say(`token ${one.name} (${shortId(one)}) is revoked`);
    return EXIT.ok;
  });
}

/** The token that an id or its beginning names. */
async function findToken({ store }: Project, id: string): Promise<TokenRecord> {
  const tokens = await store.accounts.tokens();
  const found = tokens.filter(
    ({ tokenId }) => tokenId === id || (id.length >= PREFIX_MIN && tokenId.startsWith(id)),
  );
  const [one] = found;
  if (found.length === 1 && one !== undefined) return one;
  if (found.length > 1)
    throw new AppError('usage', `Several tokens begin with '${id}': ${found.map(shortId).join(', ')}.`);
  const named = tokens.find(({ name, revokedAt }) => name === id && revokedAt === null);
  const similar = nearest(id, tokens.map(shortId));
  const meant = named === undefined ? similar : shortId(named);
  const hint = meant === null ? 'See: orch token list.' : `Did you mean '${meant}'?`;
  throw new AppError('not_found', `There is no token with the id '${id}'. ${hint}`);
}

function shortId({ tokenId }: TokenRecord): string {
  return tokenId.slice(0, SHOWN_DIGITS);
}

function stateText(one: TokenRecord, now: number): string {
  if (isInForce(one, now)) return one.expiresAt === null ? 'holds' : `until ${dateText(one.expiresAt)}`;
  return one.revokedAt === null ? 'expired' : 'revoked';
}

function table(context: CommandContext, tokens: readonly TokenRecord[], now: number): string[] {
  const { bold, dim } = context.style;
  const columns = [
    { title: 'id', text: shortId },
    { title: 'name', text: ({ name }: TokenRecord) => name, paint: bold },
    { title: 'may', text: ({ grants }: TokenRecord) => grantsText(grants), flex: true },
    { title: 'state (UTC)', text: (one: TokenRecord) => stateText(one, now) },
    {
      title: 'used',
      text: ({ usedAt }: TokenRecord) => (usedAt === null ? 'never' : agoText(usedAt, now)),
    },
    { title: 'made by', text: ({ createdBy }: TokenRecord) => createdBy, flex: true, paint: dim },
  ];
  return tableLines(columns, tokens, tableWidth(context.host.stdout), dim);
}

function tokenJson(one: TokenRecord): object {
  return {
    ...one,
    createdAt: instantText(one.createdAt),
    expiresAt: instantText(one.expiresAt),
    usedAt: instantText(one.usedAt),
    revokedAt: instantText(one.revokedAt),
  };
}
