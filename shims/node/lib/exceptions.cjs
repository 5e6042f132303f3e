// Errors that end the process. Watching them does not change what happens then.
'use strict';

const context = require('./context.cjs');
const logs = require('./logs.cjs');

exports.uncaught = function (error) {
  const now = context.current();
  logs.exception(error, now);
  if (now && now.request) {
    now.request.failed(error);
    // Nobody else listens: the process ends with the request unanswered.
    if (process.listenerCount('uncaughtException') === 0) now.request.end(undefined);
  }
};
