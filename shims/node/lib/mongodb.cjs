// MongoDB through `mongodb`.
'use strict';

const database = require('./database.cjs');
const { wrap } = require('./modules.cjs');

const SCOPE = database.scope('mongodb');
/** What the driver says to keep its connections. */
const OWN = new Set(['hello', 'ismaster', 'isMaster', 'saslStart', 'saslContinue', 'endSessions', 'ping', 'buildInfo', 'getnonce', 'authenticate', 'killCursors']);

exports.connection = function (found) {
  wrap(
    found.Connection && found.Connection.prototype,
    'command',
    original =>
      function (namespace, command, ...rest) {
        const operation = command && Object.keys(command)[0];
        if (!operation || OWN.has(operation)) return original.apply(this, arguments);
        const [address, port] = split(this.address);
        const call = database.begin(SCOPE, () => ({
          system: 'mongodb',
          namespace: namespace.db,
          operation,
          collection: collectionOf(namespace, command, operation),
          address,
          port,
        }));
        if (call === null) return original.apply(this, arguments);
        const last = rest.length - 1;
        if (typeof rest[last] === 'function' && rest[last].prototype === undefined) rest[last] = call.callback(rest[last]);
        const result = original.call(this, namespace, command, ...rest);
        return result && typeof result.then === 'function' ? call.promise(result) : result;
      }
  );
};

function collectionOf(namespace, command, operation) {
  if (namespace.collection && namespace.collection !== '$cmd') return namespace.collection;
  return typeof command[operation] === 'string' ? command[operation] : command.collection;
}

function split(address) {
  const at = String(address).lastIndexOf(':');
  return at < 0 ? [undefined, undefined] : [address.slice(0, at), Number(address.slice(at + 1)) || undefined];
}
