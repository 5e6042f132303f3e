// Nest's own logger, which writes to stdout by itself.
'use strict';

const logs = require('./logs.cjs');
const { wrap } = require('./modules.cjs');
const value = require('./value.cjs');

exports.logger = function (found) {
  const Logger = found.ConsoleLogger;
  wrap(
    Logger.prototype,
    'printMessages',
    original =>
      function (messages, scope, level = 'log') {
        written(messages, scope, level);
        return original.apply(this, arguments);
      }
  );
};

function written(messages, scope, level) {
  try {
    const text = level === 'log' ? 'info' : level;
    for (const body of messages) {
      logs.record({
        scope: typeof scope === 'string' && scope ? scope : 'nest',
        body: body instanceof Error ? body.message : body,
        number: logs.severity(text),
        attributes: body instanceof Error ? value.attribute(6, 'exception.stacktrace', body.stack) : '',
      });
    }
  } catch {
    // It is printed all the same.
  }
}
