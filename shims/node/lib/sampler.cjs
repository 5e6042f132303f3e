// Which traces are exported (SDK environment variable specification, "general SDK configuration").
'use strict';

const settings = require('./settings.cjs');

const ratio = readRatio();

function readRatio() {
  const n = Number.parseFloat(settings.samplerArgument);
  return n >= 0 && n <= 1 ? n : 1;
}

/** By the lower half of the trace id, as other SDKs do: services decide alike. */
function byRatio(traceId) {
  if (ratio === 1) return true;
  let n = 0;
  for (let i = 8; i < 14; i++) n = n * 256 + traceId.charCodeAt(i);
  return n / 281474976710656 < ratio;
}

const always = () => true;
const never = () => false;
const known = {
  always_on: always,
  always_off: never,
  traceidratio: byRatio,
  parentbased_always_on: always,
  parentbased_always_off: never,
  parentbased_traceidratio: byRatio,
};
const root = known[settings.sampler] || always;
const heedsParent = !(settings.sampler in known) || settings.sampler.startsWith('parentbased_');

/** The trace flags of a new span. `parent` is a context or undefined. */
exports.flags = function (traceId, parent) {
  if (parent && heedsParent) return parent.flags & 1;
  return root(traceId) ? 1 : 0;
};
