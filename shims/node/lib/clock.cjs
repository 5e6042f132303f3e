// The time of day with the resolution of the monotonic clock.
'use strict';

// Not `performance`, which is costly to load.
const { hrtime } = process;
const date = Date.now;
/** The monotonic clock may be ahead by as much, in milliseconds. */
const DRIFT = 20;

let origin = date() - now();

function now() {
  const [seconds, nanoseconds] = hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/** Milliseconds since 1970. */
exports.time = function () {
  return origin + now();
};

/** Called now and then: the wall clock is set, machines sleep. */
exports.adjust = function () {
  const apart = date() - origin - now();
  // The wall clock shows what has passed of a millisecond not at all: what is later is nearer.
  if (apart > 0 || apart < -DRIFT) origin += apart;
};
