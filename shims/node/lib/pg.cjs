// PostgreSQL through `pg`.
'use strict';

const context = require('./context.cjs');
const database = require('./database.cjs');
const { wrap } = require('./modules.cjs');

const SCOPE = database.scope('pg');

exports.client = function (Client) {
  wrap(
    Client.prototype,
    'query',
    original =>
      function (...values) {
        const [config] = values;
        const call = database.begin(SCOPE, () => ({
          system: 'postgresql',
          namespace: this.database,
          text: typeof config === 'string' ? config : config.text,
          address: this.host,
          port: this.port,
        }));
        if (call === null) return original.apply(this, values);
        const last = values.length - 1;
        const withCallback = typeof values[last] === 'function';
        if (withCallback) values[last] = call.callback(values[last]);
        else if (config && typeof config.callback === 'function') config.callback = call.callback(config.callback);
        const result = original.apply(this, values);
        if (withCallback || (config && typeof config.submit === 'function' && typeof config.callback === 'function')) {
          return result;
        }
        if (result && typeof result.then === 'function') return call.promise(result);
        if (result && typeof result.once === 'function') result.once('end', () => call.quietly());
        else call.quietly();
        return result;
      }
  );
};

/** Who waits for a connection gets it in the context of another. */
exports.pool = function (Pool) {
  wrap(
    Pool.prototype,
    'connect',
    original =>
      function (callback) {
        if (typeof callback !== 'function') return original.apply(this, arguments);
        const within = context.current();
        return original.call(this, function () {
          return context.run(within, () => callback.apply(this, arguments));
        });
      }
  );
};
