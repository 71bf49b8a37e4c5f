import { at, type SecurityRow } from './row.ts';

const ACCESS = 'server/access.test.ts';

/**
 * Requirements of the OWASP Application Security Verification Standard 5.0 that concern orch, several of one
 * kind together. An id is that of the first of them.
 */
export const ASVS: readonly SecurityRow[] = [
  {
    id: '1.2.4',
    flaw: 'injection into SQL and commands',
    numbers: ['1.2.4', '1.2.5'],
    does: 'Values are parameters of SQL, and variables or arguments of commands.',
    tests: [],
    like: ['V14', 'V26'],
  },
  {
    id: '1.3.2',
    flaw: 'text that is evaluated, asked for or matched without end',
    numbers: ['1.3.2', '1.3.6', '1.3.7', '1.3.12'],
    does: 'No eval, no template of a user, a budget for patterns.',
    tests: [],
    like: ['V13', 'V15', 'V24'],
  },
  {
    id: '1.5.2',
    flaw: 'values that become objects, and two readers of one format',
    numbers: ['1.5.2', '1.5.3'],
    does: 'JSON has no types; the route and the login read the same parsed URL.',
    tests: [],
    like: ['V2', 'V17'],
  },
  {
    id: '2.2.1',
    flaw: 'input that nobody checks, and too much of it',
    numbers: ['2.2.1', '2.2.2', '2.2.3', '2.4.1'],
    does: 'Every part of a request has a schema; requests and failed logins are limited.',
    tests: [
      at(
        'server/limits.test.ts',
        'who asks too often is told how long to wait, by its own address',
        'a name has a few that fail, from wherever they come, also all at once',
      ),
    ],
    like: ['V11', 'V28'],
  },
  {
    id: '3.2.1',
    flaw: 'files and texts shown as a page',
    numbers: ['3.2.1', '3.2.2'],
    does: 'Files are downloads with a type that is not guessed at; the page writes text.',
    tests: [],
    like: ['V21'],
  },
  {
    id: '3.3.1',
    flaw: 'cookies that scripts or other sites use',
    numbers: ['3.3.1', '3.3.2', '3.3.3', '3.3.4'],
    does: 'HttpOnly and SameSite=Strict; where browsers come over TLS also `Secure` and `__Host-`.',
    tests: [
      at(ACCESS, 'a browser logs in with a password; a change needs a page of this server'),
      at('server/login-cookies.test.ts', 'with the address %s and the provider going to %s the cookie is %s'),
      at('server/oidc.test.ts', 'behind TLS only the cookie that no neighbour can set is a login'),
    ],
  },
  {
    id: '3.4.1',
    flaw: 'answers with which a browser does more',
    numbers: ['3.4.1', '3.4.2', '3.4.3', '3.4.4', '3.4.5', '3.4.6'],
    does: 'Every answer, refusals too, has the same headers; none allows another origin.',
    tests: [],
    like: ['V21', 'V22'],
    notHere: 'TLS, and with it HSTS: both are for the proxy in front.',
  },
  {
    id: '3.5.1',
    flaw: 'changes by a link, a form or another site',
    numbers: ['3.5.1', '3.5.2', '3.5.3'],
    does: 'GET changes nothing, a body has to be JSON, and another origin is refused.',
    tests: [at('server/urls.test.ts', 'that changes something is no address for GET')],
    like: ['V23'],
  },
  {
    id: '4.1.1',
    flaw: 'wrong types, believed proxies, methods that nobody meant',
    numbers: ['4.1.1', '4.1.3', '4.1.4'],
    does: 'Types are those of the schema, `X-Forwarded-*` is not read, other methods are 405.',
    tests: [
      at('server/urls.test.ts', 'with another method is refused, and says which ones there are'),
      at(
        'cli/server.test.ts',
        'on another address the server starts only if somebody can log in who may do everything',
      ),
      at('server/limits.test.ts', 'who asks too often is told how long to wait, by its own address'),
      at('server/app.test.ts', '%s is refused with %i as problem+json'),
    ],
  },
  {
    id: '4.2.1',
    flaw: 'one request that two servers see as different ones',
    numbers: ['4.2.1'],
    does: 'A request with two lengths, or a length and chunks, is refused on the socket.',
    tests: [at('server/limits.test.ts', '%s are answered with %i')],
  },
  {
    id: '4.4.2',
    flaw: 'WebSockets from other pages and with long-lived tokens',
    numbers: ['4.4.2', '4.4.3', '4.4.4'],
    does: 'Another origin is refused; a ticket is good once and soon.',
    tests: [],
    like: ['V3'],
  },
  {
    id: '5.2.1',
    flaw: 'names and sizes of files',
    numbers: ['5.2.1', '5.3.2', '5.4.1'],
    does: 'A body has at most 1 MiB; files are found by their hash and sent under a safe name.',
    tests: [at('server/limits.test.ts', '%s are answered with %i')],
    like: ['V12'],
  },
  {
    id: '6.3.1',
    flaw: 'guessed passwords and accounts that are there from the start',
    numbers: ['6.3.1', '6.3.2'],
    does: 'Failed logins are limited by address and by name; there is no account that nobody made.',
    tests: [
      at(
        'server/limits.test.ts',
        'an address has a few that fail, those that succeed do not count',
        'a name has a few that fail, from wherever they come, also all at once',
      ),
    ],
    like: ['V1'],
  },
  {
    id: '7.2.3',
    flaw: 'logins that can be guessed or never end',
    numbers: ['7.2.3', '7.4.1', '7.4.2', '7.4.5'],
    does: '256 random bits; an admin ends them by the token, the password or the account.',
    tests: [
      at('cli/accounts.test.ts', 'token create prints the secret alone on stdout, and stores its hash'),
    ],
    like: ['V7'],
  },
  {
    id: '8.2.1',
    flaw: 'rights by function, object and field',
    numbers: ['8.2.1', '8.2.2', '8.2.3', '8.3.1', '8.3.2', '8.3.3', '8.4.1'],
    does: 'The server asks for the role of the route, for the DAG, at once and for who asks.',
    tests: [],
    like: ['V8', 'V9', 'V11', 'V33', 'V34'],
  },
  {
    id: '9.1.1',
    flaw: 'tokens that say themselves what they are worth',
    numbers: ['9.1.1', '9.1.2', '9.1.3', '9.2.1', '9.2.2', '9.2.3'],
    does: 'Tokens are random texts. Id tokens of a login provider are checked by a client for it, once.',
    tests: [
      at(
        'server/oidc.test.ts',
        'with %s is refused',
        'is finished once, by the browser that began it, with the state that it was given',
      ),
      at('unit/config/oidc.test.ts', '%j is refused'),
    ],
  },
  {
    id: '11.4.2',
    flaw: 'passwords that a copy of the database gives away',
    numbers: ['11.4.2', '11.5.1'],
    does: 'Passwords by scrypt with a salt each, tokens as SHA-256.',
    tests: [
      at(
        'unit/accounts/password.test.ts',
        'a password is kept by a slow hash with a salt of its own, and found by it alone',
      ),
      at('cli/accounts.test.ts', 'token create prints the secret alone on stdout, and stores its hash'),
    ],
  },
  {
    id: '13.2.1',
    flaw: 'services behind it that are open, or that may too much',
    numbers: ['13.2.1', '13.2.2', '13.2.3', '13.2.4', '13.2.5', '13.3.1', '13.4.2', '13.4.5'],
    does: '`/metrics` needs a login, secrets are sealed, a server may not change the tables of PostgreSQL.',
    tests: [
      at(ACCESS, 'with %s no route but the public ones answers'),
      at(
        'unit/secrets/seal.test.ts',
        'opens with its key, holds nothing of the value, and is never the same twice',
      ),
      at(
        'contract/store/roles.test.ts',
        'one makes the tables, the other leads and serves without a right to change them',
      ),
    ],
    like: ['V19', 'V20'],
    notHere:
      'Which hosts tasks may reach: a process cannot close the network for others of its user; systems can ' +
      '(docs/security.md#what-tasks-may-reach, deploy/orch.service).',
  },
  {
    id: '14.2.1',
    flaw: 'secrets in URLs and in caches',
    numbers: ['14.2.1', '14.3.2'],
    does: 'Tokens are headers, the log has no query, answers are not stored.',
    tests: [at('server/log-requests.test.ts', 'a line holds neither the query nor a secret')],
    like: ['V3', 'V21'],
  },
  {
    id: '15.2.2',
    flaw: 'one task or request that takes everything',
    numbers: ['15.2.2', '15.2.5'],
    does: 'Processes of their own with caps on memory and time; requests are limited.',
    tests: [
      at(
        'server/limits.test.ts',
        'that ask for another protocol are answered, and keep no server from ending',
      ),
      at(
        'contract/executor/outcomes.test.ts',
        'that fills its heap ends as memory',
        'that fills memory outside its heap ends as memory',
      ),
      at('unit/parsing/hostile.test.ts', 'endless loop, also of a process that it starts'),
    ],
    like: ['V35'],
  },
  {
    id: '15.3.1',
    flaw: 'too many fields out, too many fields in',
    numbers: ['15.3.1', '15.3.2', '15.3.3', '15.3.6', '15.3.7'],
    does: 'Answers have what their schemas name, bodies too; a name that comes twice is refused or a list.',
    tests: [at('server/app.test.ts', '%s is refused with %i as problem+json')],
    like: ['V11', 'V17', 'V22'],
  },
  {
    id: '15.4.1',
    flaw: 'two at once',
    numbers: ['15.4.1', '15.4.2', '15.4.3', '15.4.4'],
    does: 'One leader decides, with an epoch in every commit; a key makes a request one request.',
    tests: [
      at('contract/store/accounts.test.ts', 'of claims of one key at once one gets it'),
      at('server/idempotency.test.ts', 'is refused while the first one is answered'),
      at(
        'cli/scheduler.test.ts',
        'runs DAGs; killed, a second one takes over at once, and nothing starts twice',
      ),
    ],
  },
  {
    id: '16.2.5',
    flaw: 'logs with secrets, forged lines or nothing in them; errors that tell too much',
    numbers: [
      ...['16.2.5', '16.3.1', '16.3.2', '16.3.3', '16.4.1', '16.4.2'],
      ...['16.5.1', '16.5.2', '16.5.3', '16.5.4'],
    ],
    does: 'Changes and logins, refused ones too, stand in the audit log; defects are told to the log alone.',
    tests: [
      at(
        ACCESS,
        'every change stands in the audit log, refused ones too, and no secret does',
        'a browser logs in with a password; a change needs a page of this server',
      ),
      at(
        'server/log-requests.test.ts',
        'a request that fails by the server is one line, others are lines at level debug only',
        'line ends in a path or in a request id make no line of their own',
      ),
    ],
    like: ['V19', 'V32'],
  },
];
