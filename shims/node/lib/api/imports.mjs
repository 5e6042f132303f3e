// The hook of `imports.cjs` for versions of Node that have it in a thread of its own.
import imports from './imports.cjs';

export const resolve = async (specifier, context, next) => imports.first(await next(specifier, context));
