// Starts what is to be observed in this process: by the application's own OpenTelemetry packages
// where they are, and by ours what they leave.
'use strict';

const late = require('./late.cjs');
const main = require('./main.cjs');
const settings = require('./settings.cjs');

exports.start = function () {
  if (settings.endpoint === null) return;
  const found = settings.shim === 'builtin' ? null : official();
  if (found === null && settings.shim === 'official') {
    require('./notice.cjs').say(
      'no @opentelemetry/auto-instrumentations-node (0.50 or later) beside the program: it runs uninstrumented ' +
        '(without --shim official, what otel-run has built in would serve)'
    );
    return;
  }
  let theirs = new Set();
  if (found !== null && startOfficial(found)) theirs = found.names;
  if (settings.spans) spans(theirs);
  if (settings.logs) {
    late.exceptions();
    if (!theirs.has('pino')) late.start('pino');
    if (settings.console !== 'off') require('./console.cjs').start();
  }
  require('./modules.cjs').start(settings, theirs);
  if (theirs.size === 0 && main.hasApi()) require('./api/imports.cjs').start();
};

/** The application's own packages. */
function official() {
  return main.hasApi() || process.env.OTEL_RUN_OVERLAY ? require('./official.cjs').find() : null;
}

function startOfficial(found) {
  const official = require('./official.cjs');
  const context = require('./context.cjs');
  try {
    official.start(found, settings, require('./sender.cjs'));
    official.connect(found, context, require('./ids.cjs'));
    return true;
  } catch (error) {
    require('./notice.cjs').say(`the application's OpenTelemetry packages did not start, what is built in serves: ${error && error.message}`);
    return false;
  }
}

/** What is not theirs. */
function spans(theirs) {
  if (!theirs.has('http')) {
    require('./http-server.cjs').start();
    require('./http2-server.cjs').start();
    require('./http-client.cjs').start();
    late.start('fastify');
  }
  if (!theirs.has('undici')) late.start('undici');
}
