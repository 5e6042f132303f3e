// What tells of itself is loaded when it does so for the first time.
'use strict';

const channels = require('diagnostics_channel');

/** By subject: the channels on which it is told of, and what is called for each. */
const CHANNELS = {
  fastify: { 'fastify.initialization': 'initialized' },
  pino: { 'tracing:pino_asJson:end': 'told' },
  undici: {
    'undici:request:create': 'created',
    'undici:request:headers': 'answered',
    'undici:request:trailers': 'ended',
    'undici:request:error': 'ended',
  },
};

/** Observes a subject of `CHANNELS`. */
exports.start = function (subject) {
  const named = CHANNELS[subject];
  for (const channel of Object.keys(named)) {
    channels.subscribe(
      channel,
      guarded(message => require(`./${subject}.cjs`)[named[channel]](message))
    );
  }
};

/** Errors that end the process. */
exports.exceptions = function () {
  process.on(
    'uncaughtExceptionMonitor',
    guarded(error => require('./exceptions.cjs').uncaught(error))
  );
};

/** Whoever tells goes on, whatever becomes of us. */
function guarded(work) {
  return function (message) {
    try {
      work(message);
    } catch {
      // What it was about is not observed.
    }
  };
}
