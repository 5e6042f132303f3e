// Who reports: processes and worker threads share one environment, yet each is an instance of its own.
'use strict';

const ids = require('./ids.cjs');
const settings = require('./settings.cjs');
const value = require('./value.cjs');

const instance = ids.uuid();

/** The attributes of this process's Resource, with those that an SDK has found. */
exports.resource = function (found = {}) {
  const attributes = new Map([
    ['service.instance.id', instance],
    ['process.pid', process.pid],
    ['process.executable.path', process.execPath],
    ['process.runtime.name', 'nodejs'],
    ['process.runtime.version', process.versions.node],
    ['telemetry.sdk.language', 'nodejs'],
    ['telemetry.sdk.name', 'otel-run'],
    ['telemetry.sdk.version', settings.version],
  ]);
  // What a thread may not do is switched off there. `worker_threads` would be costly to load.
  if (process.abort.disabled) attributes.set('thread.id', require('worker_threads').threadId);
  for (const key of Object.keys(found)) attributes.set(key, found[key]);
  for (const [key, text] of settings.resource) attributes.set(key, text);
  if (settings.serviceName) attributes.set('service.name', settings.serviceName);
  let out = '';
  for (const [key, one] of attributes) out += value.attribute(1, key, one);
  return out;
};
