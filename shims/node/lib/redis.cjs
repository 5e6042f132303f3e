// Redis through `redis` (node-redis), version 4 and later.
'use strict';

const database = require('./database.cjs');
const { wrap } = require('./modules.cjs');

const SCOPE = database.scope('redis');
/** A client makes its queue and then its socket. */
let newest = null;
const addresses = new WeakMap();
/** Words that belong to the name. */
const GROUPS = new Set(['ACL', 'CLIENT', 'CLUSTER', 'COMMAND', 'CONFIG', 'FUNCTION', 'MEMORY', 'OBJECT', 'PUBSUB', 'SCRIPT', 'XGROUP', 'XINFO']);

exports.queue = function (found) {
  const Queue = found.default;
  found.default = class extends Queue {
    constructor(...values) {
      super(...values);
      newest = this;
    }
  };
  Object.defineProperty(found.default, 'name', { value: Queue.name });
  wrap(
    Queue.prototype,
    'addCommand',
    original =>
      function (words) {
        if (database.isOwn(words[0])) return original.apply(this, arguments);
        const call = database.begin(SCOPE, () => ({ system: 'redis', operation: operation(words), ...addresses.get(this) }));
        const result = original.apply(this, arguments);
        if (call === null) return result;
        if (!result || typeof result.then !== 'function') {
          call.quietly();
          return result;
        }
        return call.promise(result);
      }
  );
};

exports.socket = function (found) {
  const Socket = found.default;
  found.default = class extends Socket {
    constructor(...values) {
      super(...values);
      const options = values.find(value => value !== null && typeof value === 'object' && !Array.isArray(value)) || {};
      if (newest !== null && !options.path) {
        addresses.set(newest, { address: options.host || 'localhost', port: options.port || 6379 });
      }
      newest = null;
    }
  };
  Object.defineProperty(found.default, 'name', { value: Socket.name });
};

function operation(words) {
  const first = String(words[0]).toUpperCase();
  return GROUPS.has(first) && words.length > 1 ? `${first} ${String(words[1]).toUpperCase()}` : first;
}
