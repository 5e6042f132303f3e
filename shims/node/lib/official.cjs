// The application's own OpenTelemetry packages, started as `@opentelemetry/auto-instrumentations-node/register`
// would, but for two things: there is no listener to SIGTERM, which would keep Node from ending,
// and what is recorded goes out by our own sender, which delivers within 200 ms and at the exit.
'use strict';

const fs = require('fs');
const Module = require('module');
const path = require('path');
const { pathToFileURL } = require('url');
const main = require('./main.cjs');

const AUTO = '@opentelemetry/auto-instrumentations-node';
const SDK = '@opentelemetry/sdk-node';
const PREFIX = 'instrumentation-';
/** Since these releases, an SDK takes span processors as a list. */
const OLDEST = { [AUTO]: [0, 50], [SDK]: [0, 53] };

/** The application's packages: `{ root, require, names, auto }`, or null if they are not all there. */
exports.find = function () {
  return main.scope(within) || fetched();
};

/** What `otel-run bootstrap` has brought, outside of the application, for interpreters like this one. */
function fetched() {
  const root = process.env.OTEL_RUN_OVERLAY;
  if (!root) return null;
  const folder = path.join(root, 'node', [process.versions.modules, process.platform, process.arch].join('-'));
  const scope = path.join(folder, 'node_modules', '@opentelemetry');
  return fs.existsSync(scope) ? within(folder, scope) : null;
}

function within(folder, scope) {
  const from = Module.createRequire(path.join(folder, 'otel-run'));
  try {
    if (fits(scope, AUTO)) {
      const ofAuto = Module.createRequire(fs.realpathSync(from.resolve(AUTO)));
      // Its dependencies, wherever the package manager has put them.
      const manifest = JSON.parse(fs.readFileSync(path.join(fs.realpathSync(path.join(scope, path.basename(AUTO))), 'package.json'), 'utf8'));
      return { require: ofAuto, auto: from(AUTO), names: instrumentations(Object.keys(manifest.dependencies)) };
    }
    if (fits(scope, SDK)) {
      const names = instrumentations(fs.readdirSync(scope).map(name => `@opentelemetry/${name}`));
      return names.has('http') ? { require: from, auto: null, names } : null;
    }
  } catch {
    // Not to be loaded: the built-in shim does it.
  }
  return null;
}

function fits(scope, name) {
  const file = path.join(scope, path.basename(name), 'package.json');
  if (!fs.existsSync(file)) return false;
  const [major, minor] = JSON.parse(fs.readFileSync(file, 'utf8')).version.split('.').map(Number);
  const [oldest, least] = OLDEST[name];
  return major > oldest || (major === oldest && minor >= least);
}

/** `http`, `express`, ... of the names of packages. */
function instrumentations(packages) {
  const start = `@opentelemetry/${PREFIX}`;
  return new Set(packages.filter(name => name.startsWith(start)).map(name => name.slice(start.length)));
}

/** Starts them. `settings`, and the functions that take encoded records. */
exports.start = function (found, settings, sender) {
  const sdk = found.require(SDK);
  const options = {
    instrumentations: found.auto ? found.auto.getNodeAutoInstrumentations() : made(found),
    resourceDetectors: detectors(found),
    spanProcessors: settings.spans ? [new SpanProcessor(sender)] : [],
    logRecordProcessors: settings.logs ? [new LogProcessor(sender)] : [],
  };
  if (options.resourceDetectors === undefined) delete options.resourceDetectors;
  const ours = new sdk.NodeSDK(options);
  giveWay(sdk.NodeSDK, ours, options.instrumentations, found.require);
  if (main.isModule()) hookImports(found);
  ours.start();
};

function made(found) {
  const all = [];
  for (const name of found.names) {
    const exported = found.require(`@opentelemetry/${PREFIX}${name}`);
    const Instrumentation = Object.keys(exported).find(key => key.endsWith('Instrumentation'));
    if (Instrumentation) all.push(new exported[Instrumentation]());
  }
  return all;
}

function detectors(found) {
  if (found.auto === null) return undefined;
  return (found.auto.getResourceDetectors || found.auto.getResourceDetectorsFromEnv || (() => undefined))();
}

/** An application that starts an SDK of its own in its code has it to itself. */
function giveWay(NodeSDK, ours, instrumentations, load) {
  const { start } = NodeSDK.prototype;
  NodeSDK.prototype.start = function () {
    if (this !== ours) {
      NodeSDK.prototype.start = start;
      try {
        for (const one of instrumentations.flat()) one.disable();
        const { context, metrics, propagation, trace } = load('@opentelemetry/api');
        for (const one of [trace, metrics, propagation, context]) one.disable();
        load('@opentelemetry/api-logs').logs.disable();
      } catch {
        // Theirs starts in any case.
      }
    }
    return start.apply(this, arguments);
  };
}

function hookImports(found) {
  if (typeof Module.register !== 'function') return;
  const hook = found.require.resolve('@opentelemetry/instrumentation/hook.mjs');
  Module.register(pathToFileURL(hook).href);
}

class SpanProcessor {
  constructor(sender) {
    this.sender = sender;
    this.readable = require('./readable.cjs');
  }

  onStart() {}

  onEnd(span) {
    if ((span.spanContext().traceFlags & 1) === 0) return;
    try {
      const scope = span.instrumentationScope || span.instrumentationLibrary;
      this.sender.describe(span.resource);
      this.sender.span(this.sender.scope(scope.name, scope.version), this.readable.span(span));
    } catch {
      // One that is odd does not take the others with it.
    }
  }

  async forceFlush() {}

  async shutdown() {}
}

class LogProcessor {
  constructor(sender) {
    this.sender = sender;
    this.readable = require('./readable.cjs');
  }

  onEmit(record) {
    try {
      const scope = record.instrumentationScope;
      this.sender.describe(record.resource);
      this.sender.log(this.sender.scope(scope.name, scope.version), this.readable.log(record));
    } catch {
      // As above.
    }
  }

  async forceFlush() {}

  async shutdown() {}
}

/** Makes the SDK's current span the one that the built-in shim adds to, and keeps it off our own requests. */
exports.connect = function (found, ours, ids) {
  const { trace, context, ROOT_CONTEXT } = found.require('@opentelemetry/api');
  ours.current = () => {
    const span = trace.getSpan(context.active());
    if (span === undefined) return undefined;
    const { traceId, spanId, traceFlags, traceState } = span.spanContext();
    if (!/[1-9a-f]/.test(traceId)) return undefined;
    const state = traceState ? traceState.serialize() : '';
    return new ours.Context(ids.fromHex(traceId), ids.fromHex(spanId), traceFlags, state, '', false);
  };
  const silent = found.require('@opentelemetry/core').suppressTracing(ROOT_CONTEXT);
  const { outside } = ours;
  ours.outside = work => outside(() => context.with(silent, work));
};
