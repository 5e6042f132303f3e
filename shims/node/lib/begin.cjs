// What to do in this process, decided in order of cost.
'use strict';

const role = require('./role.cjs');

const EXPORTERS = ['OTEL_TRACES_EXPORTER', 'OTEL_METRICS_EXPORTER', 'OTEL_LOGS_EXPORTER'];

exports.begin = function () {
  if (globalThis[Symbol.for('otel-run')]) return; // a second copy, of another otel-run
  if (!role.isActive() || nothingWanted()) return;
  Object.defineProperty(globalThis, Symbol.for('otel-run'), { value: true });
  require('./start.cjs').start();
};

function nothingWanted() {
  const env = process.env;
  if (lower(env.OTEL_SDK_DISABLED) === 'true') return true;
  return EXPORTERS.every(name => lower(env[name]) === 'none');
}

function lower(text) {
  return (text || '').trim().toLowerCase();
}
