// What is this process? Tools that happen to run below the target are left alone.
'use strict';

// Names of scripts without extension, and of packages. What they start is judged anew.
const TOOLS = new Set(
  `
  npm npm-cli npx npx-cli yarn yarnpkg pnpm pnpx corepack node-gyp node-gyp-build prebuild-install
  tsc tsserver typescript eslint prettier biome jest jest-worker vitest mocha ava nyc c8
  pm2 pm2-dev pm2-docker pm2-runtime nodemon ts-node-dev tsnd tsx turbo nx lerna husky lint-staged
  concurrently npm-run-all npm-run-all2 cross-env dotenv-cli serverless cdk vercel
  webpack webpack-cli rollup esbuild parcel gulp grunt
  `.trim().split(/\s+/)
);

// Scripts within those packages that run the program proper in their own process.
const CONTAINERS = /[/\\](ProcessContainer(Fork|ForkBun)?\.js|ts-node-dev[/\\]lib[/\\]wrap\.js)$/;

// Commands of frameworks whose command line also serves.
const NEXT = new Set(['build', 'lint', 'export', 'telemetry', 'info', 'typegen', 'upgrade']);

// Agents that instrument the program as well.
const AGENTS =
  /dd-trace|newrelic|elastic-apm-node|applicationinsights|@azure\/monitor-opentelemetry|@opentelemetry\/auto-instrumentations-node|@splunk\/otel|@sentry\/node|@dynatrace|appdynamics|instana/;

/** Whether this process is a program to be observed. */
exports.isActive = function () {
  const script = process.argv[1];
  if (AGENTS.test(process.execArgv.join('\n')) || AGENTS.test(process.env.NODE_OPTIONS || '')) return false;
  if (!script || process.execArgv.some(isCode)) return true;
  if (CONTAINERS.test(script)) return true;
  const name = baseName(script);
  if (name === process.env.OTEL_RUN_INCLUDE) return true;
  const names = [script, name, script.slice(script.lastIndexOf('/') + 1)];
  if (isNamed('OTEL_RUN_SKIP', names) || isNamed('OTEL_RUN_ONLY', names) === false) return false;
  const owner = packageOf(script);
  if (TOOLS.has(name) || TOOLS.has(owner)) return false;
  if (owner === '@nestjs/cli' || (name === 'nest' && script.includes('.bin'))) return false;
  if (name === 'next' || owner === 'next') return !NEXT.has(process.argv[2]);
  return true;
};

function isCode(option) {
  return /^(-e|--eval|-p|--print|-pe|-i|--interactive)($|=)/.test(option);
}

function baseName(script) {
  return script.slice(script.lastIndexOf('/') + 1).replace(/\.[cm]?[jt]s$/, '');
}

/** The package that the script belongs to: `tsx` of `/app/node_modules/tsx/dist/cli.mjs`. */
function packageOf(script) {
  const mark = '/node_modules/';
  const at = script.lastIndexOf(mark);
  if (at < 0) return '';
  const [first, second] = script.slice(at + mark.length).split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}

/** Whether patterns in a variable fit one of the names; undefined without patterns. */
function isNamed(variable, names) {
  const patterns = process.env[variable];
  if (!patterns) return undefined;
  return patterns.split('\n').some(pattern => {
    const expression = pattern.replace(/[.+^${}()|\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.');
    try {
      const whole = new RegExp(`^${expression}$`, 's');
      return names.some(name => whole.test(name));
    } catch {
      return false;
    }
  });
}
