// Redis through `ioredis`.
'use strict';

const database = require('./database.cjs');
const { wrap } = require('./modules.cjs');

const SCOPE = database.scope('ioredis');
/** Commands that are waited for already: offline ones are sent a second time. */
const known = new WeakSet();

exports.redis = function (found) {
  const Redis = found.default || found;
  wrap(
    Redis.prototype,
    'sendCommand',
    original =>
      function (command) {
        begin(this.options || {}, command);
        return original.apply(this, arguments);
      }
  );
};

function begin(options, command) {
  if (!command || known.has(command) || typeof command.resolve !== 'function') return;
  known.add(command);
  if (database.isOwn(command.name)) return;
  const call = database.begin(SCOPE, () => ({
    system: 'redis',
    namespace: options.db ? String(options.db) : undefined,
    operation: String(command.name).toUpperCase(),
    address: options.path ? undefined : options.host,
    port: options.path ? undefined : options.port,
  }));
  if (call === null) return;
  const { resolve, reject } = command;
  command.resolve = function (result) {
    call.quietly();
    return resolve.apply(this, arguments);
  };
  command.reject = function (error) {
    call.quietly(error);
    return reject.apply(this, arguments);
  };
}
