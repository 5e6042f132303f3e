// Log records (opentelemetry/proto/logs/v1/logs.proto).
'use strict';

const clock = require('./clock.cjs');
const context = require('./context.cjs');
const sender = require('./sender.cjs');
const { exceptionAttributes } = require('./span.cjs');
const value = require('./value.cjs');
const wire = require('./wire.cjs');

const SEVERITIES = { trace: 1, debug: 5, verbose: 5, silly: 1, http: 9, info: 9, notice: 10, warn: 13, warning: 13, error: 17, fatal: 21, crit: 21, alert: 22, emerg: 24 };
const NAMES = { 1: 'TRACE', 5: 'DEBUG', 9: 'INFO', 13: 'WARN', 17: 'ERROR', 21: 'FATAL' };

/** The severity number of a level's name; INFO for names that nobody knows. */
function severity(name) {
  return SEVERITIES[String(name).toLowerCase()] || 9;
}

/**
 * Sends a record: `scope` is the logger's name, `attributes` are encoded (field 6), `time` in
 * milliseconds since 1970.
 */
function record({ scope, version, body, number, text, attributes = '', time = clock.time(), event = '', within = context.current() }) {
  let ids = '';
  if (within && within.id) ids = wire.fixed32(8, within.flags) + wire.bytes(9, within.traceId) + wire.bytes(10, within.id);
  sender.log(
    sender.scope(scope, version),
    wire.time(1, time) +
      wire.number(2, number) +
      wire.text(3, text || NAMES[number] || '') +
      wire.bytes(5, value.any(body)) +
      attributes +
      ids +
      wire.time(11, clock.time()) +
      wire.text(12, event)
  );
}

function exception(error, within) {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  record({
    scope: 'otel_run.node.exceptions',
    body: text,
    number: 21,
    attributes: exceptionAttributes(6, error),
    event: 'exception',
    within,
  });
}

module.exports = { exception, record, severity };
