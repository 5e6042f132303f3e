// Koa: the route that a router matched, and errors that come out of the middleware.
'use strict';

const context = require('./context.cjs');
const { wrap } = require('./modules.cjs');

exports.application = function (Application) {
  const { prototype } = typeof Application === 'function' ? Application : Application.default;
  wrap(
    prototype,
    'createContext',
    original =>
      function (request) {
        const made = original.apply(this, arguments);
        const now = context.current();
        if (now && now.request && (now.request.request === request || now.request.request === request.stream)) {
          now.request.routed = () => made._matchedRoute && String(made._matchedRoute);
        }
        return made;
      }
  );
};

exports.context = function (prototype) {
  wrap(
    prototype,
    'onerror',
    original =>
      function (error) {
        const now = context.current();
        if (error !== null && error !== undefined && now && now.request && !isAnswer(error)) now.request.failed(error);
        return original.apply(this, arguments);
      }
  );
};

/** `ctx.throw(404)` is a way to answer. */
function isAnswer(error) {
  return error.expose === true || error.code === 'ENOENT';
}
