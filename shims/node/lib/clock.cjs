// The time of day with the resolution of the monotonic clock.
'use strict';

const { performance } = globalThis;
const now = performance.now.bind(performance);
const date = Date.now;
/** The two clocks are put together again when they have drifted apart by more, in milliseconds. */
const DRIFT = 20;

let origin = performance.timeOrigin;

/** Milliseconds since 1970. */
exports.time = function () {
  return origin + now();
};

/** Called now and then: the wall clock is set, machines sleep. */
exports.adjust = function () {
  const apart = date() - origin - now();
  if (apart > DRIFT || apart < -DRIFT) origin += apart;
};
