// Somebody else instruments this program from within its code: an SDK that it sets up, or
// another vendor's agent. Then our spans would be a second set, and there are none.
'use strict';

/** Where the OpenTelemetry API keeps what an SDK has registered. */
const API = Symbol.for('opentelemetry.js.api.1');

let agent = false;

/** Packages whose loading says that they instrument. */
exports.AGENTS = ['dd-trace', 'newrelic', 'elastic-apm-node', 'applicationinsights', '@instana/collector', 'appdynamics', '@dynatrace/oneagent'];

exports.appeared = function () {
  agent = true;
};

/** Whether our spans are to stay away. */
exports.isThere = function () {
  return agent || exports.hasRegistered('trace');
};

/** Whether the application has set its own `trace`, `context`, `propagation`, `metrics` or `logs`. */
exports.hasRegistered = function (kind) {
  const api = globalThis[API];
  return api !== undefined && api[kind] !== undefined;
};
