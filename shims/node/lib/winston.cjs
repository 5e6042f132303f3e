// winston: records as the logger's format has made them, of the levels that it lets through.
'use strict';

const logs = require('./logs.cjs');
const { wrap } = require('./modules.cjs');
const { exceptionAttributes } = require('./span.cjs');
const value = require('./value.cjs');

const LEVEL = Symbol.for('level');
const OURS = new Set(['level', 'message', 'timestamp', 'stack']);

exports.logger = function (Logger) {
  // Formatted records are pushed to the transports.
  wrap(
    Logger.prototype,
    'push',
    original =>
      function (info) {
        written(this, info);
        return original.apply(this, arguments);
      }
  );
};

function written(logger, info) {
  try {
    if (info === null || typeof info !== 'object' || logger.silent) return;
    const level = info[LEVEL] || info.level;
    if (logger.isLevelEnabled && !logger.isLevelEnabled(level)) return;
    let attributes = value.attributes(6, info, OURS);
    if (info instanceof Error) attributes += exceptionAttributes(6, info);
    else if (typeof info.stack === 'string') attributes += value.attribute(6, 'exception.stacktrace', info.stack);
    const { message } = info;
    logs.record({
      scope: 'winston',
      body: message === undefined ? '' : message,
      number: logs.severity(level),
      text: level,
      attributes,
    });
  } catch {
    // The application's own record is written all the same.
  }
}
