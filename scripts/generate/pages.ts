/**
 * Every generated file and what makes it. `npm run generate` writes them, a test compares them with what is committed.
 *
 * To add one: a pure function that returns the text, in a file beside this one, and a line here.
 */
import { readFileSync } from 'node:fs'
import { codes } from '../../common/errors/codes.ts'
import { openApi } from '../../dataplane/roles/query/openapi.ts'
import { errorPage } from './errors.ts'
import { installFile, kindPages } from './kinds.ts'
import { renderedPages } from './rendered.ts'
import { unpackModule } from './unpack.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** Path below the repository's root to the function that makes its text. */
export const pages: Readonly<Record<string, () => string>> = {
  'docs/reference/errors.md': () => errorPage(codes),
  'docs/reference/openapi.json': () => openApi(version),
  ...kindPages,
  ...renderedPages,
  'install/operator.yaml': () => installFile(version),
  'dataplane/storage/codec/unpack-1-8.ts': () => unpackModule(1, 8),
  'dataplane/storage/codec/unpack-9-16.ts': () => unpackModule(9, 16),
  'dataplane/storage/codec/unpack-17-24.ts': () => unpackModule(17, 24),
  'dataplane/storage/codec/unpack-25-31.ts': () => unpackModule(25, 31),
}
