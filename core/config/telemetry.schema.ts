/** Variables of the environment that other tools read too, and the keys of the config that they stand for. */
export const STANDARD_VARIABLES: Readonly<Record<string, readonly string[]>> = {
  OTEL_SERVICE_NAME: ['telemetry', 'serviceName'],
  OTEL_EXPORTER_OTLP_ENDPOINT: ['telemetry', 'otlp', 'endpoint'],
  OPENLINEAGE_URL: ['telemetry', 'lineage', 'endpoint'],
  OPENLINEAGE_NAMESPACE: ['telemetry', 'lineage', 'namespace'],
};

/** The section `telemetry` of the config. */
export const TELEMETRY_SCHEMA = {
  type: 'object',
  description: 'What other systems are sent of runs. Without an endpoint nothing is sent.',
  additionalProperties: false,
  properties: {
    serviceName: {
      type: 'string',
      default: 'orch',
      description: 'What this orch is called there. Also OTEL_SERVICE_NAME.',
    },
    otlp: {
      type: 'object',
      description: 'OpenTelemetry: spans and figures as OTLP over HTTP, in JSON.',
      additionalProperties: false,
      properties: {
        endpoint: {
          type: 'string',
          description:
            'Base address of a collector, such as `http://localhost:4318`; `/v1/traces` and ' +
            '`/v1/metrics` of it are posted to. Also OTEL_EXPORTER_OTLP_ENDPOINT.',
        },
        headersEnv: {
          type: 'string',
          default: 'OTEL_EXPORTER_OTLP_HEADERS',
          description:
            'The variable of the environment with headers of requests, such as a key: `name=value`, by ' +
            'commas.',
        },
        traces: { type: 'boolean', default: true, description: 'Whether spans are sent.' },
        metrics: { type: 'boolean', default: true, description: 'Whether figures are sent.' },
      },
    },
    lineage: {
      type: 'object',
      description: 'OpenLineage: which tasks read and make which assets.',
      additionalProperties: false,
      properties: {
        endpoint: {
          type: 'string',
          description:
            'Address that events are posted to, such as `http://marquez:5000`; one without a path gets ' +
            '`/api/v1/lineage`. Also OPENLINEAGE_URL.',
        },
        namespace: {
          type: 'string',
          default: 'orch',
          description: 'The namespace of the jobs of this orch. Also OPENLINEAGE_NAMESPACE.',
        },
        apiKeyEnv: {
          type: 'string',
          default: 'OPENLINEAGE_API_KEY',
          description: 'The variable of the environment with a key, sent as Authorization: Bearer.',
        },
      },
    },
  },
} as const;
