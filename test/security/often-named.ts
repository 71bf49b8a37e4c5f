import { at } from './row.ts';

// Tests that several rows name, or whose titles are long.
export const ACCESS = 'server/access.test.ts';
export const STRANGERS = at(ACCESS, 'with %s no route but the public ones answers');
export const ROLES = at(ACCESS, 'a %s may use the routes of its role and of those below it, and no other');
export const TENANTS = at(
  ACCESS,
  'who has nothing to do with a DAG is answered as if it were not there, on every route',
  'so it is for what a query or a body names, in every field',
  'of every field that comes in it is known whether it says what of a DAG is meant',
);
export const PATTERNS = at(
  'security/patterns.test.ts',
  'no pattern in the code can be made to take for ever',
  'nor can one that a request or the config is checked by',
);
export const LISTS = at(ACCESS, 'lists have only what the asker may see');
export const NO_SURPRISE = at(ACCESS, 'a key that no schema has is refused on every route that takes a body');
export const ENDED = at(
  ACCESS,
  'nobody gives away more than they have, and a token that is ended ends at once',
);
export const BROWSER = at(ACCESS, 'a browser logs in with a password; a change needs a page of this server');
export const URLS = at('server/urls.test.ts', '%s leads past no login');
export const ALL_ROUTES = at('server/urls.test.ts', 'has routes and pages behind it, and nothing else');
export const HEADERS = at(
  'server/urls.test.ts',
  'every answer has the headers that keep a browser from more, and none leads elsewhere',
);
export const PUBLIC = at('security/routes.test.ts', 'these need no login, and no others');
export const CLOSED = at(
  'security/routes.test.ts',
  'what comes in takes keys of any name in these places only',
);
export const NO_CODE = at('security/routes.test.ts', 'no body says what is run, as whom, or where');
export const ANY_INPUT = at('server/fuzz.test.ts', '%s answers it or refuses it');
export const BODIES = at('server/app.test.ts', 'a body of type %s that reads %s is answered with %i');
export const OTHER_HOST = at(
  'server/app.test.ts',
  'a request in the name of another host is refused, whatever address it came to',
);
export const PORTS = at(
  'security/routes.test.ts',
  'nothing but the server listens on a port: the others are sockets of files',
);
export const SPLICED = at(
  'contract/executor/shell.test.ts',
  'runs in the project with its inputs as variables, never spliced',
  'as an argument vector needs no shell and may be templated',
);
export const MARKUP = at(
  'unit/dags/pipeline/reports.test.ts',
  'a symbol made of markup is text on every page, and its report has a name of its own',
);
export const SET_ASIDE = at(
  'scheduler/quarantine.test.ts',
  'is set aside with its attempts stopped; what happened elsewhere in that tick counts',
  'is answered with the error; the run and the other requests go on',
);
