// From records to requests: at once in a process that has little to say, every 200 ms in a busy one,
// sooner when many wait, and once more at the end.
'use strict';

const { Connection } = require('./connection.cjs');
const context = require('./context.cjs');
const clock = require('./clock.cjs');
const queue = require('./queue.cjs');
const settings = require('./settings.cjs');
const value = require('./value.cjs');
const wire = require('./wire.cjs');

const { Queue, scope } = queue;
const { setTimeout, clearTimeout, setImmediate } = globalThis;

/** What a sudden death loses at most, and what it loses of a quiet process, in milliseconds. */
const LONGEST = 200;
const SHORTEST = 5;
/** For each record of the last delivery, the next one waits so long: a quiet process sends at most 40 times a second. */
const FOR_EACH = 25;
const MANY = 512;
/** How long a program that has nothing to do any more is kept for a delivery. */
const ENDING = 500;

const queues = {
  traces: new Queue(),
  logs: new Queue(),
  metrics: new Queue(),
};
const lost = { traces: 0, logs: 0, metrics: 0 };
const connection = settings.endpoint && new Connection(settings.endpoint, done);
/** Who has something to add before the last delivery. */
const last = [];
let timer = null;
let delay = SHORTEST;
let hurried = false;
let over = null;
/** Whether the program has been kept from ending for a delivery. */
let kept = false;

function add(signal, scopeMessage, record) {
  if (connection === null) return;
  const waiters = queues[signal];
  waiters.add(scopeMessage, record);
  if (timer === null) context.outside(wait);
  else if (waiters.records >= MANY && !hurried && connection.job === null) {
    hurried = true;
    context.outside(() => setImmediate(flush).unref());
  }
}

function wait() {
  connection.open();
  timer = setTimeout(flush, delay);
  timer.unref();
}

function flush() {
  clearTimeout(timer);
  timer = null;
  hurried = false;
  clock.adjust();
  let records = 0;
  for (const signal of Object.keys(queues)) records += queues[signal].records;
  delay = Math.min(LONGEST, Math.max(SHORTEST, records * FOR_EACH));
  if (connection.job === null) next();
}

/** Sends what waits, signal by signal. */
function next() {
  reportLost();
  for (const signal of Object.keys(queues)) {
    if (queues[signal].records > 0) return connection.send(job(signal));
  }
  if (over !== null) over();
}

function job(signal) {
  const { records } = queues[signal];
  return { signal, records, bytes: request(signal, queues[signal].take()) };
}

function done(job, delivered) {
  if (!delivered) lost[job.signal] += job.records;
  next();
}

function request(signal, body) {
  let head = `POST /v1/${signal} HTTP/1.1\r\nHost: ${settings.endpoint.host}:${settings.endpoint.port}\r\n`;
  head += 'Content-Type: application/x-protobuf\r\n';
  if (signal === 'traces') head += 'x-otel-run-shim: 1\r\n';
  for (const [name, text] of settings.headers) head += `${name}: ${text}\r\n`;
  return Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n${body}`, 'latin1');
}

/** What did not fit or did not arrive is told in a log record. */
function reportLost() {
  if (!settings.logs) return;
  for (const signal of Object.keys(queues)) {
    const { dropped } = queues[signal];
    for (const [count, reason] of [[dropped, 'queue full'], [lost[signal], 'not delivered']]) {
      if (count === 0) continue;
      const text = `${count} ${signal} records dropped: ${reason}`;
      const taken = queues.logs.add(
        scope('otel_run.sender'),
        wire.time(1, clock.time()) +
          wire.number(2, 13) +
          wire.text(3, 'WARN') +
          wire.bytes(5, value.any(text)) +
          value.attributes(6, { 'otel_run.dropped.count': count, 'otel_run.dropped.reason': reason, 'otel_run.signal': signal })
      );
      if (!taken) continue;
      if (reason === 'queue full') queues[signal].dropped -= count;
      else lost[signal] = 0;
    }
  }
}

function anythingLeft() {
  for (const add of last) add();
  return connection.job !== null || Object.values(queues).some(one => one.records > 0);
}

/** The event loop is empty: the program has ended by itself, and may wait a little. */
function beforeExit() {
  // The event comes again afterwards: it is waited for once. Others who listen would not expect that.
  if (kept || connection.refused || !anythingLeft() || process.listenerCount('beforeExit') > 1) return;
  kept = true;
  context.outside(() => {
    const limit = setTimeout(release, ENDING);
    connection.hold(true);
    over = release;
    function release() {
      over = null;
      clearTimeout(limit);
      connection.hold(false);
    }
    flush();
  });
}

/** Whatever way the program ends by itself: the last moment. */
function exit() {
  if (!anythingLeft()) return;
  const { job } = connection;
  const onTheWay = job !== null && job.written;
  const requests = job !== null && !onTheWay ? [job.bytes] : [];
  for (const signal of Object.keys(queues)) {
    if (queues[signal].records > 0) requests.push(request(signal, queues[signal].take()));
  }
  const ending = require('./ending.cjs');
  const descriptor = connection.descriptor();
  if (descriptor < 0) ending.elsewhere(settings.endpoint, job !== null && onTheWay ? [job.bytes, ...requests] : requests);
  else ending.write(descriptor, requests, requests.length + (onTheWay ? 1 : 0));
}

function guarded(work) {
  return () => {
    try {
      work();
    } catch {
      // The process ends as it would have.
    }
  };
}

if (connection !== null) {
  process.on('beforeExit', guarded(beforeExit));
  process.on('exit', guarded(exit));
}

module.exports = {
  describe: queue.describe,
  scope,
  span: (scopeMessage, record) => add('traces', scopeMessage, record),
  log: (scopeMessage, record) => add('logs', scopeMessage, record),
  beforeEnd: work => last.push(work),
  metric: (scopeMessage, record) => add('metrics', scopeMessage, record),
};
