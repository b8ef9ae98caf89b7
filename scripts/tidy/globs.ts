/** Which files are tests: read by the vitest configurations, which run them, and by the rule that finds tests nobody runs. */
export const testGlobs = ['**/*.test.ts']
/** Suites against real servers (an API server, a broker): `npm run test:servers` runs them, `npm test` never touches a server of yours. */
export const serverTestGlobs = ['**/*.server.test.ts']
export const notTestGlobs = ['**/node_modules/**', '.anabranch/**', 'bench/peers/**']
