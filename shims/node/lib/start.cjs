// Starts what is to be observed in this process: by the application's own OpenTelemetry packages
// where they are, and by ours what they leave.
'use strict';

const main = require('./main.cjs');
const { say } = require('./notice.cjs');
const settings = require('./settings.cjs');

exports.start = function () {
  if (settings.endpoint === null) return;
  const found = settings.shim === 'builtin' ? null : official();
  if (found === null && settings.shim === 'official') {
    say(
      'no @opentelemetry/auto-instrumentations-node (0.50 or later) beside the program: it runs uninstrumented ' +
        '(without --shim official, what otel-run has built in would serve)'
    );
    return;
  }
  let theirs = new Set();
  if (found !== null && startOfficial(found)) theirs = found.names;
  if (settings.spans) spans(theirs);
  if (settings.logs) {
    require('./exceptions.cjs').start();
    if (!theirs.has('pino')) require('./pino.cjs').start();
    if (settings.console !== 'off') require('./console.cjs').start();
  }
  require('./modules.cjs').start(settings, theirs);
  if (theirs.size === 0) require('./api/imports.cjs').start();
};

/** The application's own packages. */
function official() {
  const isThere = main.scope(() => true) || process.env.OTEL_RUN_OVERLAY;
  return isThere ? require('./official.cjs').find() : null;
}

function startOfficial(found) {
  const official = require('./official.cjs');
  const context = require('./context.cjs');
  try {
    official.start(found, settings, require('./sender.cjs'));
    official.connect(found, context, require('./ids.cjs'));
    return true;
  } catch (error) {
    say(`the application's OpenTelemetry packages did not start, what is built in serves: ${error && error.message}`);
    return false;
  }
}

/** What is not theirs. */
function spans(theirs) {
  if (!theirs.has('http')) {
    require('./http-server.cjs').start();
    require('./http2-server.cjs').start();
    require('./http-client.cjs').start();
    require('./fastify.cjs').start();
  }
  if (!theirs.has('undici')) require('./undici.cjs').start();
}
