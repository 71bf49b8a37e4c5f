/** Any value that JSON can carry. Outputs, params and inputs of tasks are of this type. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. Read own properties only: keys such as `__proto__` come from outside. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A JSON value in its serialized form; kept as text wherever nobody needs to look inside. */
export type JsonText = string;
