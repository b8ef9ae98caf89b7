import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mallocEnvironment, nodeOptions } from '../../../dataplane/main/process-options.ts'
import { imageOf } from '../container/images.ts'
import { atFolder } from '../machine/image-file.ts'

test('images: the table that comes with the runner -> starts the data plane as its memory was measured', () => {
  const folder = join(import.meta.dirname, '..')
  const table = atFolder(JSON.parse(readFileSync(join(folder, 'images.json'), 'utf8')), folder, 'images.json')
  const image = imageOf(table, 'anabranch:dev')!
  expect(image.entrypoint).toEqual(['node', ...nodeOptions, 'dataplane/main/anabranch.ts'])
  expect(image.env).toEqual(mallocEnvironment)
  expect(readFileSync(join(image.workingDir, 'package.json'), 'utf8')).toMatch('"name": "anabranch"')
})
