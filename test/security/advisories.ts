import {
  ACCESS,
  ALL_ROUTES,
  ANY_INPUT,
  BODIES,
  BROWSER,
  CLOSED,
  ENDED,
  HEADERS,
  LISTS,
  MARKUP,
  NO_CODE,
  NO_SURPRISE,
  OTHER_HOST,
  PATTERNS,
  PORTS,
  PUBLIC,
  ROLES,
  SET_ASIDE,
  SPLICED,
  STRANGERS,
  TENANTS,
  URLS,
} from './often-named.ts';
import { at, type SecurityRow } from './row.ts';

/** The tests that walk the routes: those that need no login, and each of the others with each role. */
export const WALKS = { public: at('server/urls.test.ts', '%s needs none'), others: ROLES } as const;

/** What went wrong in orchestrators and in what orch is made of, and what shows that it does not here. */
export const ADVISORIES: readonly SecurityRow[] = [
  {
    id: 'V1',
    flaw: 'open to everybody by default',
    numbers: ['GHSA-6qr9-g2xw-cw92', 'CVE-2020-13927'],
    does: 'Off the loopback address it starts only if an admin can log in. No route takes code to run.',
    tests: [
      at(
        'cli/server.test.ts',
        'on another address the server starts only if somebody can log in who may do everything',
        'server.requireLogin has everybody log in there too',
        'a user with role admin will do, unless it cannot log in',
      ),
      OTHER_HOST,
      NO_CODE,
    ],
  },
  {
    id: 'V2',
    flaw: 'a login that the spelling of a URL skips',
    numbers: ['CVE-2026-53576', 'CVE-2026-3514', 'GHSA-r9xw-p7wj-w792'],
    does: 'Whether a login is needed is a property of the route that matched, never of the text of the URL.',
    tests: [URLS, PUBLIC, STRANGERS],
  },
  {
    id: 'V3',
    flaw: 'streams with a login of their own',
    numbers: ['CVE-2026-31882', 'CVE-2026-7723'],
    does: 'One place finds out who asks, for streams and WebSockets as well; tickets are good once.',
    tests: [
      STRANGERS,
      at(
        'server/figure-feed.test.ts',
        'a ticket is good once and soon, and as long as who asked for it may ask',
      ),
      at(
        'server/operate.test.ts',
        'pushes figures as events and over a WebSocket, whose ticket is good once',
      ),
    ],
  },
  {
    id: 'V4',
    flaw: 'any text taken for a token',
    numbers: ['CVE-2026-28229', 'CVE-2026-47673'],
    does: 'A token is looked up by its hash; another scheme, an expired or revoked one is 401 everywhere.',
    tests: [STRANGERS],
  },
  {
    id: 'V5',
    flaw: 'forgotten endpoints, and a second server for logs',
    numbers: ['CVE-2021-38540', 'CVE-2021-26697', 'CVE-2021-35936'],
    does: 'One server answers one list of routes, each of which says who may use it.',
    tests: [ALL_ROUTES, PUBLIC, STRANGERS, PORTS],
  },
  {
    id: 'V6',
    flaw: 'one secret key for all installations',
    numbers: ['CVE-2020-17526'],
    does: 'Logins and tokens are random and known to one database only: there is nothing to sign them with.',
    tests: [
      STRANGERS,
      at(
        'unit/secrets/seal.test.ts',
        'are a file of its owner alone, made on first use',
        'does not open with another key',
      ),
    ],
  },
  {
    id: 'V7',
    flaw: 'logins that outlive a new password or the account',
    numbers: ['CVE-2022-38054', 'CVE-2023-40273', 'CVE-2022-41672'],
    does: 'Each login has a new id. Revoked ones end with the next request, their streams within a second.',
    tests: [
      ENDED,
      BROWSER,
      at(ACCESS, 'a token that ends while the body of a request comes does nothing by it'),
      at('server/idempotency.test.ts', 'is not answered as before when its asker has other rights'),
      at(
        'contract/store/accounts.test.ts',
        'a login ends with its time, with a new password, with its account and by itself',
        'nobody logs in as an account that has changed since its password was looked at',
      ),
      at(
        'server/events.test.ts',
        'ends within a second after the token is revoked, and nothing more comes',
        'gives nothing of what happens after the token is revoked, also within the second',
        'a login that ends takes its streams with it',
      ),
      at(
        'server/figure-feed.test.ts',
        'who may listen no more is ended within a second, and who takes nothing after a while',
      ),
    ],
  },
  {
    id: 'V8',
    flaw: 'roles that only the page looks at',
    numbers: ['CVE-2026-22683'],
    does: 'Each role is tried on each route of the API.',
    tests: [ROLES],
  },
  {
    id: 'V9',
    flaw: 'what belongs to other DAGs, by its id',
    numbers: [
      ...['CVE-2021-45230', 'CVE-2023-42663', 'CVE-2023-42781', 'CVE-2023-42792', 'CVE-2023-50944'],
      ...['CVE-2024-27906', 'CVE-2026-24098'],
    ],
    does: 'The way to a DAG asks for the right to it; what is hidden is answered as if it were not there.',
    tests: [
      TENANTS,
      LISTS,
      at(ACCESS, 'what is hidden costs the statements that what is missing costs'),
      at('server/tasks.test.ts', 'another tenant sees, changes and makes nothing, one by one and together'),
      at('server/events.test.ts', 'has only DAGs that the asker may see, whatever is asked for'),
      at(
        'server/metrics.test.ts',
        'has only DAGs that the asker may see, and nothing of the rest of the project',
      ),
      at('server/alerts.test.ts', 'who may not see a DAG sees none of its alerts, and mutes nothing of it'),
    ],
  },
  {
    id: 'V10',
    flaw: 'the right to a log compared loosely',
    numbers: ['CVE-2026-45426'],
    does: 'Logs have no tokens. Attempts are found by numbers, and the right to their DAG is asked for.',
    tests: [
      TENANTS,
      at('contract/executor/logs.test.ts', 'attempts that share segments never see the lines of another'),
    ],
  },
  {
    id: 'V11',
    flaw: 'a small change that changes more',
    numbers: ['CVE-2023-40611', 'CVE-2023-47037'],
    does: 'Bodies have the keys of their schema and no others.',
    tests: [
      NO_SURPRISE,
      CLOSED,
      at('server/app.test.ts', 'says all that is wrong with a body, each with its place'),
    ],
  },
  {
    id: 'V12',
    flaw: 'ids that become paths',
    numbers: ['CVE-2023-22887', 'CVE-2026-31886', 'CVE-2026-27598', 'dagster#18462'],
    does: 'Paths are made of numbers and hashes; ids have an alphabet, which the database checks as well.',
    tests: [
      at(
        'server/run-results.test.ts',
        'no file of another run, and nothing that is not a hash, is given away',
        '%j is saved under a name that is safe',
        'links and pipes that a task has put in the place of what it left are given to nobody',
      ),
      at('server/page.test.ts', 'is served with all of its files, and with nothing else of that folder'),
      at('unit/store/sqlite.test.ts', 'has the schema of the snapshot'),
      at('contract/executor/operators.test.ts', 'a name that is none names those there are'),
      at(
        'unit/dags/task-types.test.ts',
        'custom_code: a file of the project, and nothing outside of its folder',
      ),
      at('unit/dags/pipeline/symbol-name.test.ts', 'is one harmless path segment whatever the symbol'),
    ],
  },
  {
    id: 'V13',
    flaw: 'input that hangs the server',
    numbers: ['CVE-2023-22888', 'CVE-2023-36543'],
    does: 'Input is bounded in length, depth and time; a pattern of a search has a budget.',
    tests: [
      ANY_INPUT,
      at('server/app.test.ts', 'a body that is nested more deeply than any reader goes is refused as it is'),
      at(
        'unit/log/line-filter.test.ts',
        'is spent by a pattern that takes longer than its text is worth, spread as it may be',
      ),
      at('unit/log/attempt-log.test.ts', 'refuses a search that would take for ever'),
      PATTERNS,
      at('unit/expression/expression.test.ts', '%s are refused without overflow'),
      at('unit/parsing/hostile.test.ts', 'a billion laughs', '200,000 keys in one mapping'),
    ],
  },
  {
    id: 'V14',
    flaw: 'params pasted into a command line',
    numbers: ['CVE-2020-11978', 'CVE-2022-24288', 'CVE-2022-40127'],
    does: 'A command line is constant: values come as variables, or as whole arguments without a shell.',
    tests: [SPLICED, at('unit/authoring/compile-mistakes.test.ts', '%s')],
  },
  {
    id: 'V15',
    flaw: 'expressions that reach the language below',
    numbers: ['CVE-2025-68613', 'GHSA-v98v-ff95-f3cp', 'GHSA-6cqr-8cfr-67f8', 'n8n#6420'],
    does: 'A language of its own, which only reads own data properties of its scope.',
    tests: [
      at(
        'unit/expression/expression.test.ts',
        'what is missing is null, never something inherited > %s',
        'errors of syntax > %s',
        'getters and functions do not exist',
      ),
      at(
        'unit/expression/properties.test.ts',
        'nothing outside the scope is ever read: every step asks for own data properties only',
      ),
    ],
  },
  {
    id: 'V16',
    flaw: 'templates from the database rendered by the server',
    numbers: ['CVE-2024-56373'],
    does: 'Files of logs are named by numbers, and what a template gives is not rendered again.',
    tests: [
      at('unit/expression/template.test.ts', 'what a template gives is not rendered again'),
      at(
        'server/run-results.test.ts',
        'whatever keys and artifacts are called, what is written has a name of its own',
      ),
      at('security/patterns.test.ts', '%j is no id of a DAG or a task'),
    ],
  },
  {
    id: 'V17',
    flaw: 'stored values that are run when they are read',
    numbers: [
      ...['CVE-2020-11982', 'CVE-2023-50943', 'CVE-2026-25917', 'CVE-2026-33858', 'CVE-2026-45360'],
      'CVE-2021-23727',
    ],
    does: 'Values are JSON without types; what a DAG declares is evaluated in a process of its own.',
    tests: [
      at('contract/executor/outcomes.test.ts', 'may have dangerous keys and is passed on as it is'),
      at(
        'unit/executors/parts.test.ts',
        'frames that are none are refused',
        'an output file may use any end mark, and its names are safe',
      ),
      at('unit/expression/template.test.ts', '__proto__ stays a key'),
      at('unit/parsing/hostile.test.ts', '__proto__ as a key'),
    ],
  },
  {
    id: 'V18',
    flaw: 'a broker whose messages are commands',
    numbers: ['CVE-2020-11981'],
    does: 'Orders go to child processes over pipes and a socket of their owner.',
    tests: [
      PORTS,
      at(
        'cli/server.test.ts',
        'files of the server are for its user alone; its log hears of all at level debug',
      ),
      at('unit/executors/parts.test.ts', 'frames that are none are refused'),
    ],
    notHere: 'A broker: tasks run on the machine of the scheduler, which starts their processes itself.',
  },
  {
    id: 'V19',
    flaw: 'secrets hidden in some places only',
    numbers: [
      ...['CVE-2022-27949', 'CVE-2023-40712', 'CVE-2020-17511', 'CVE-2024-45784', 'CVE-2022-46651'],
      'CVE-2025-54831',
    ],
    does: 'Secrets are opened where a task runs and masked by their value in whatever leaves it.',
    tests: [
      at(
        'server/secrets.test.ts',
        'reach a function that declares them, and nothing that it leaves shows them',
        'reach a command that declares them as its environment, and no other command',
        'are in no byte below the state folder and in no answer',
      ),
      at('unit/log/masker.test.ts', 'is masked %s, whole and wherever it is cut'),
      at('unit/log/attempt-log.test.ts', 'are never on disk, whatever the order of values that overlap'),
      at('server/log-requests.test.ts', 'a line holds neither the query nor a secret'),
    ],
  },
  {
    id: 'V20',
    flaw: 'a config that tells secrets',
    numbers: ['CVE-2021-26559', 'CVE-2023-45348', 'CVE-2023-46288', 'CVE-2017-17836'],
    does: 'The API tells and changes keys of an allow-list, which has no section with secrets.',
    tests: [
      at('unit/config/edit-config.test.ts', 'no section that may have secrets is open', 'does not touch %s'),
      at(
        'server/operate.test.ts',
        'changes the config where it is written, and has what is hot in force at once',
      ),
      at(
        'unit/config/load-config.test.ts',
        'the password of the store is given to the program and shown to nobody',
      ),
    ],
  },
  {
    id: 'V21',
    flaw: 'stored text that a page runs',
    numbers: ['CVE-2023-29247', 'CVE-2020-11983', 'CVE-2018-20244', 'CVE-2019-0216', 'GHSA-h5xr-fqvj-253p'],
    does: 'The page writes text, a policy keeps inline code from running, files are downloaded only.',
    tests: [
      at('server/page.test.ts', 'makes no HTML of what is stored, and runs nothing that stands in it'),
      at(
        'browser/page.test.ts',
        'hostile names, errors and lines are text: nothing runs, nothing is asked for elsewhere',
        'keeps what is put into it as HTML from running, and says so',
      ),
      HEADERS,
      at('server/run-results.test.ts', 'files are downloaded under a safe name and never shown'),
      MARKUP,
      at(
        'unit/dags/operations.test.ts',
        'a day is one page: what ran, what failed and why, with nothing taken for markup',
      ),
      at('contract/executor/logs.test.ts', 'bytes of any kind become lines that are safe to show'),
    ],
  },
  {
    id: 'V22',
    flaw: 'redirects to where the request says',
    numbers: [
      ...['CVE-2020-13944', 'CVE-2020-17515', 'CVE-2021-28359', 'CVE-2021-45229', 'CVE-2022-43982'],
      ...['CVE-2022-40754', 'CVE-2022-43985', 'CVE-2022-45402'],
    ],
    does: 'No answer leads elsewhere, but to the login provider of the config and back to the page.',
    tests: [
      HEADERS,
      ANY_INPUT,
      at('server/oidc.test.ts', 'leads to the provider and back to a session with the rights of the claims'),
    ],
  },
  {
    id: 'V23',
    flaw: 'changes that a page of another site asks for',
    numbers: ['CVE-2017-17835', 'CVE-2019-0229', 'CVE-2018-1000843', 'GHSA-2234-fmw7-43wr'],
    does: 'Other pages are refused by their Origin, forms by their type; a login needs a header as well.',
    tests: [
      at('server/app.test.ts', 'a page of another site changes nothing here, whatever it asks for'),
      at('browser/page.test.ts', 'a page of another port of %s changes and reads nothing'),
      BROWSER,
      BODIES,
      at('server/oidc.test.ts', 'behind TLS only the cookie that no neighbour can set is a login'),
      OTHER_HOST,
    ],
  },
  {
    id: 'V24',
    flaw: 'requests of the server to where a user says',
    numbers: ['CVE-2020-17513', 'CVE-2023-37379', 'mlflow#24179', 'Skyvern#6915'],
    does: 'Servers ask places of the config, without redirects; an admin may try if a port is open.',
    tests: [
      at(
        'unit/channels/send.test.ts',
        'that answers %i has not got it, and it is tried again unless that is final',
      ),
    ],
    notHere:
      'Requests to where somebody else says: no route takes an address, and no kind of task asks for one.',
  },
  {
    id: 'V25',
    flaw: 'a body that says itself what it is',
    numbers: ['CVE-2026-21858'],
    does: 'Every body is JSON and checked by the schema of its route; none is a file.',
    tests: [BODIES, NO_SURPRISE],
  },
  {
    id: 'V26',
    flaw: 'SQL in filters and in their keys',
    numbers: ['CVE-2026-38428', 'GHSA-9rwj-6rc7-p77c'],
    does: 'Values are parameters, keys are words of the schema.',
    tests: [
      ANY_INPUT,
      CLOSED,
      at('server/app.test.ts', '%s is refused with %i as problem+json'),
      at('contract/store/postgres-faults.test.ts', 'refuses %j as a schema'),
      at(
        'security/raw-sql.test.ts',
        'statements of the store hold no data: what is no constant is a parameter',
      ),
    ],
  },
  {
    id: 'V27',
    flaw: 'one wrong text that stops the controller at every start',
    numbers: ['CVE-2026-40886'],
    does: 'What cannot be planned or read is set aside, told, and costs no other.',
    tests: [
      SET_ASIDE,
      at(
        'server/idempotency.test.ts',
        'what is no request is refused, and keeps no other from being decided',
      ),
      at('contract/store/accounts.test.ts', 'rights that cannot be read are none, and cost nobody else'),
      at('server/unreadable-rows.test.ts', 'rows that cannot be read keep nobody from reading the others'),
      at(
        'unit/planner/slots.test.ts',
        'a DAG whose slots cannot be decided is left alone, and costs no other',
      ),
      at(
        'cli/quarantine.test.ts',
        'a run that cannot be planned is set aside and told; the next leader tries it',
      ),
      at('unit/parsing/hostile.test.ts', 'loses only the files that are wrong'),
    ],
  },
  {
    id: 'V28',
    flaw: 'a trigger that changes what the admin fixed',
    numbers: ['CVE-2026-31892'],
    does: 'A trigger fills declared params, which their schema checks, and chooses tasks.',
    tests: [
      at('server/runs.test.ts', 'with params or a scope that the DAG has not are refused'),
      NO_SURPRISE,
      NO_CODE,
    ],
  },
  {
    id: 'V29',
    flaw: 'defaults of the HTTP framework',
    numbers: [
      ...['GHSA-f67f-6cw9-8mq4', 'GHSA-3vhc-576x-3qv4', 'GHSA-92vj-g62v-jqhh', 'GHSA-q5qw-h33p-qvwr'],
      ...['GHSA-92pp-h63x-v22m', 'CVE-2026-47676', 'GHSA-q7jf-gf43-6x6p'],
    ],
    does: 'Fixed versions, no JWT, no CORS; bodies are counted as they arrive, files of the page are listed.',
    tests: [
      at('server/limits.test.ts', '%s are answered with %i'),
      at('security/audit.test.ts', 'CI fails for an advisory, and only says it where no registry can tell'),
      ...[URLS, HEADERS],
    ],
  },
  {
    id: 'V30',
    flaw: 'a login by a pattern that is not anchored',
    numbers: ['CVE-2022-30034'],
    does: 'Issuer, subject and values of claims are compared as they are; names and e-mails say nothing.',
    tests: [
      at(
        'server/oidc.test.ts',
        'lets nobody in without a role, and takes the role from who had one',
        'is never that of an account with the same name or e-mail',
      ),
    ],
  },
  {
    id: 'V31',
    flaw: 'files that others may read, and rights given up by half',
    numbers: ['CVE-2022-38170', 'CVE-2011-4356'],
    does: 'Files are for their owner alone, by their mode and by the umask of the server.',
    tests: [
      at(
        'cli/server.test.ts',
        'files of the server are for its user alone; its log hears of all at level debug',
      ),
      at('contract/store/sqlite-faults.test.ts', 'lets nobody else read its files'),
      at(
        'unit/log/rotating-file.test.ts',
        'is for its owner only, and takes a line that is larger than a file',
      ),
      at('unit/secrets/seal.test.ts', 'are a file of its owner alone, made on first use'),
      at(
        'cli/remote.test.ts',
        'are kept where only their user can read them, and never shown with their token',
      ),
    ],
    notHere: 'Giving up rights: orch never changes its user.',
  },
  {
    id: 'V32',
    flaw: 'stacks, warnings and audit logs for everybody',
    numbers: ['CVE-2023-25695', 'CVE-2024-26280', 'CVE-2023-42780'],
    does: 'A defect is a sentence with the id of the request; the audit log is for admins.',
    tests: [
      at(
        'server/app.test.ts',
        'a defect is answered without what it says, and told to the log with the request',
      ),
      ROLES,
      at(ACCESS, 'a role for one DAG is none for what belongs to no DAG'),
    ],
  },
  {
    id: 'V33',
    flaw: 'hidden in the list, open by its URL',
    numbers: ['CVE-2023-35908', 'CVE-2024-28746'],
    does: 'The right is asked for where a thing is loaded.',
    tests: [TENANTS],
  },
  {
    id: 'V34',
    flaw: 'a workflow that starts another one without the right to it',
    numbers: ['heymrun/heym#93'],
    does: 'Who makes a run or a schedule needs the right to its DAG, for a schedule at each slot.',
    tests: [
      TENANTS,
      at('unit/accounts/lost-right.test.ts', 'a schedule of %s, which is %j: %s'),
      at(
        'unit/scheduler/ad-hoc-desk.test.ts',
        'the right of who made it counts at each slot; who resumes it takes it over',
      ),
      at(ACCESS, 'a schedule is refused once who made it has lost the right; who resumes it has it'),
    ],
    notHere: 'Tasks that start runs of another DAG by its id.',
  },
  {
    id: 'V35',
    flaw: 'tasks that run inside the server',
    numbers: ['CVE-2023-39508'],
    does: 'Tasks and files of DAGs run in processes of their own, which may end or hang.',
    tests: [
      at(
        'contract/executor/outcomes.test.ts',
        'that calls process.exit fails the attempt and keeps its log',
        'sees an environment of its own choosing, not that of orch',
      ),
      at(
        'unit/parsing/hostile.test.ts',
        'a hostile TypeScript file costs one line > %s',
        'sees none of the secrets of this process',
      ),
    ],
  },
  {
    id: 'V36',
    flaw: 'connections that choose drivers and files',
    numbers: ['CVE-2023-40195', 'CVE-2023-39553'],
    does: 'A connection is of a known type and has the fields of that type.',
    tests: [
      at(
        'unit/secrets/connection.test.ts',
        'has fields of its type alone, none of which names a driver or a file',
      ),
      at('server/secrets.test.ts', 'are shown as names, types and plain fields'),
    ],
  },
  {
    id: 'V37',
    flaw: 'a flaw mended at one of several places',
    numbers: ['CVE-2026-31886', 'CVE-2020-13944'],
    does: 'Rules are tried on the list of all routes, so that a new one is tried from its first day.',
    tests: [STRANGERS, ROLES, TENANTS, LISTS, HEADERS, NO_SURPRISE, ANY_INPUT],
  },
  {
    id: 'V38',
    flaw: 'many at once with less of a right',
    numbers: ['CVE-2025-62503'],
    does: 'Many are one after the other, each with the right that one needs.',
    tests: [
      at('server/tasks.test.ts', 'another tenant sees, changes and makes nothing, one by one and together'),
    ],
  },
  {
    id: 'V39',
    flaw: 'values that users edit and examples run',
    numbers: ['CVE-2025-54550'],
    does: 'No route writes the output of a task; the DAGs that are shipped take hostile names as text.',
    tests: [
      NO_CODE,
      MARKUP,
      at('unit/dags/pipeline/symbol-name.test.ts', 'is one harmless path segment whatever the symbol'),
    ],
  },
];
