// Errors that end the process. Watching them does not change what happens then.
'use strict';

const context = require('./context.cjs');
const logs = require('./logs.cjs');

exports.start = function () {
  process.on('uncaughtExceptionMonitor', error => {
    try {
      logs.exception(error, context.current());
    } catch {
      // It is reported by Node in any case.
    }
  });
};
