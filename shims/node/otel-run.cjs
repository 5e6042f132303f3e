// Loaded by `--require` in NODE_OPTIONS, so by every Node below otel-run, package managers and
// old versions included: the syntax here is that of the first Node, and nothing is touched until
// it is clear that there is something to do. Whatever goes wrong, the program runs as without us.
'use strict';

try {
  // Whatever Node this is: a program finds its own modules there, and no other.
  delete require.cache[__filename];
  if (
    process.env.OTEL_RUN_ACTIVE === '1' &&
    !process.env.OTEL_RUN_DISABLE &&
    parseInt(process.versions.node, 10) >= 18 &&
    !process.versions.electron
  ) {
    require('./together.cjs').begin();
  }
} catch (error) {
  // Telemetry is not worth a program.
}
