/** `npm run generate`: writes every generated file anew. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pages } from './generate/pages.ts'
import { generateProto } from './generate/proto.ts'

const root = dirname(import.meta.dirname)
const rendered = Object.entries(pages).map(([path, render]): [string, string] => [path, render()])
for (const [path, text] of [...rendered, ...Object.entries(generateProto())]) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
  console.log(path)
}
