// What otel-run and the user tell this process.
'use strict';

const env = process.env;

function word(name) {
  return (env[name] || '').trim().toLowerCase();
}

function wanted(name) {
  return word(name) !== 'none';
}

/** A positive number, or `otherwise`. */
function number(name, otherwise) {
  const n = Number(word(name));
  return n > 0 && n < 2 ** 31 ? n : otherwise;
}

/** `[name, value]` of a list such as `a=b,c=d`, percent-decoded. */
function pairs(list) {
  const found = [];
  for (const part of (list || '').split(',')) {
    const at = part.indexOf('=');
    if (at > 0) found.push([decoded(part.slice(0, at).trim()), decoded(part.slice(at + 1).trim())]);
  }
  return found;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The agent's: always on loopback, without a path. */
function endpoint() {
  const found = /^http:\/\/(?:\[([^\]]+)\]|([^:/]+))(?::(\d+))?\/?$/i.exec(env.OTEL_EXPORTER_OTLP_ENDPOINT || '');
  return found === null ? null : { host: found[1] || found[2], port: Number(found[3]) || 80 };
}

const propagators = word('OTEL_PROPAGATORS') || 'tracecontext,baggage';

module.exports = {
  endpoint: endpoint(),
  headers: pairs(env.OTEL_EXPORTER_OTLP_HEADERS),
  // The agent makes metrics of spans, so they are sent although nobody wants to see them.
  spans: wanted('OTEL_TRACES_EXPORTER') || wanted('OTEL_METRICS_EXPORTER'),
  logs: wanted('OTEL_LOGS_EXPORTER'),
  metrics: wanted('OTEL_METRICS_EXPORTER'),
  /** Between two measurements, in milliseconds. */
  interval: number('OTEL_METRIC_EXPORT_INTERVAL', 60000),
  /** Whether counters and histograms tell what came since the last time, not since the start. */
  delta: ['delta', 'lowmemory'].includes(word('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE')),
  /** `off`, `warn` (warn and error) or `all`. */
  console: word('OTEL_RUN_NODE_CONSOLE') || 'warn',
  shim: word('OTEL_RUN_SHIM'),
  quiet: !['', 'false'].includes(word('OTEL_RUN_QUIET')),
  version: env.OTEL_RUN_VERSION || '',
  serviceName: env.OTEL_SERVICE_NAME || '',
  resource: pairs(env.OTEL_RESOURCE_ATTRIBUTES),
  sampler: word('OTEL_TRACES_SAMPLER') || 'parentbased_always_on',
  samplerArgument: env.OTEL_TRACES_SAMPLER_ARG,
  traceContext: propagators.split(',').some(name => name.trim() === 'tracecontext'),
  baggage: propagators.split(',').some(name => name.trim() === 'baggage'),
};
