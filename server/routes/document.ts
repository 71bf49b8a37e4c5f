import { openApiDocument } from '../openapi.ts';
import { type Route, route } from '../route.ts';
import { AnyObject } from '../schemas/words.ts';

/** The route that describes all of them. */
export function documentRoute(routes: () => readonly Route[]): Route {
  return route('get', '/openapi.json', {
    id: 'getOpenApi',
    tag: 'system',
    summary: 'This API as an OpenAPI 3.1 document',
    role: 'public',
    answer: AnyObject,
    handle: async () => openApiDocument(routes()),
  });
}
