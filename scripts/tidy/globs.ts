/** Which files are tests: read by `vitest.config.ts`, which runs them, and by the rule that finds tests nobody runs. */
export const testGlobs = ['**/*.test.ts']
export const notTestGlobs = ['**/node_modules/**', '.anabranch/**', 'bench/peers/**']
