// MySQL and MariaDB through `mysql2`.
'use strict';

const database = require('./database.cjs');
const { wrap } = require('./modules.cjs');

const SCOPE = database.scope('mysql2');

exports.connection = function (Connection) {
  if (!Object.prototype.hasOwnProperty.call(Connection.prototype, 'addCommand')) return;
  wrap(
    Connection.prototype,
    'addCommand',
    original =>
      function (command) {
        const kind = command && command.constructor && command.constructor.name;
        if (kind === 'Query' || kind === 'Execute') begin(this, command);
        return original.apply(this, arguments);
      }
  );
};

function begin(connection, command) {
  const { config } = connection;
  const call = database.begin(SCOPE, () => ({
    system: 'mysql',
    namespace: config.database,
    text: command.sql,
    address: config.socketPath ? undefined : config.host,
    port: config.socketPath ? undefined : Number(config.port),
  }));
  if (call === null) return;
  if (typeof command.onResult === 'function') command.onResult = call.callback(command.onResult);
  command.once('end', error => call.quietly(error));
}
