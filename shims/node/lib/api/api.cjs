// OpenTelemetry's API without its SDK: what the application records itself, sent as all the rest.
//
// Nothing is registered. The API falls back to objects that do nothing, and there we stand instead.
// So who looks whether telemetry is configured finds what he would find without us, and an
// application that registers an SDK takes over by the API's own rules.
'use strict';

const { hasRegistered } = require('../rival.cjs');
const sender = require('../sender.cjs');
const settings = require('../settings.cjs');
const { wrap } = require('../modules.cjs');
const { Manager } = require('./context.cjs');

/** Those who make spans of requests that we have made already. */
const DOUBLES = new Set(['next.js']);
const LOGS = Symbol.for('io.opentelemetry.js.api.logs');

/** The newest copy of the API that was loaded. */
let newest = null;

/** `@opentelemetry/api`. */
exports.api = function (api) {
  newest = api;
  if (settings.spans) traces(api);
  otherwise(api.context, '_getContextManager', 'context', new Manager(api));
  const { Propagator } = require('./propagator.cjs');
  otherwise(api.propagation, '_getGlobalPropagator', 'propagation', new Propagator(api));
  if (settings.metrics) otherwise(api.metrics, 'getMeterProvider', 'metrics', require('./meter.cjs').provider);
  if (settings.logs && api.logs) {
    const theirs = () => (hasRegistered('logs') ? api.logs.getLoggerProvider() : undefined);
    otherwise(api.logs, 'getLoggerProvider', 'logs', require('./logger.cjs').provider(api, theirs));
  }
};

/** `@opentelemetry/api-logs`. */
exports.logs = function ({ logs }) {
  if (!settings.logs) return;
  const isSet = () => globalThis[LOGS] !== undefined;
  wrap(logs, 'getLoggerProvider', original => {
    const theirs = () => (isSet() ? original.call(logs) : undefined);
    const ours = require('./logger.cjs').provider(newest, theirs);
    return function () {
      return isSet() ? original.apply(this, arguments) : ours;
    };
  });
};

/** `object[name]()` gives ours, as long as the application has registered nothing. */
function otherwise(object, name, kind, ours) {
  wrap(
    object,
    name,
    original =>
      function () {
        return hasRegistered(kind) ? original.apply(this, arguments) : ours;
      }
  );
}

/** A tracer is handed out once and asks each time who serves it. */
function traces(api) {
  const { Tracer } = require('./tracer.cjs');
  const tracers = new WeakMap();
  wrap(
    api.ProxyTracer.prototype,
    '_getTracer',
    original =>
      function () {
        const theirs = original.call(this);
        if (this._delegate !== undefined || hasRegistered('trace') || DOUBLES.has(this.name)) return theirs;
        let ours = tracers.get(this);
        if (ours === undefined) {
          ours = new Tracer(api, sender.scope(String(this.name || ''), this.version));
          tracers.set(this, ours);
        }
        return ours;
      }
  );
}
