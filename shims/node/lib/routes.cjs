// The route of a request, in the words of its framework. Never the path itself.
'use strict';

/** The template that matched, or undefined. */
exports.of = function (span) {
  if (typeof span.routed === 'function') return span.routed();
  if (span.routed) return span.routed;
  return express(span.request);
};

/** Express 4 and 5, and NestJS on it, leave the route on the request. */
function express(request) {
  const { route } = request;
  if (route === undefined || route === null) return undefined;
  const { path } = route;
  const text = typeof path === 'string' ? path : Array.isArray(path) ? path.find(matches, request) : undefined;
  if (path instanceof RegExp) return `${request.baseUrl || ''}${path}`;
  if (typeof text !== 'string') return undefined;
  const base = request.baseUrl || '';
  return text === '/' && base ? base : base + text;
}

function matches(path) {
  return typeof path === 'string';
}
