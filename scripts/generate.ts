/** `npm run generate`: writes every generated file anew. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pages } from './generate/pages.ts'

const root = dirname(import.meta.dirname)
for (const [path, render] of Object.entries(pages)) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), render())
  console.log(path)
}
