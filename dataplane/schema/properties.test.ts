import { expect, test } from 'vitest'
import { emptyProperties } from './properties.ts'

test('properties: names that objects inherit elsewhere -> absent until set, then ordinary own keys', () => {
  const properties = emptyProperties()
  const proto = '__proto__'
  expect([properties.toString, properties.constructor, properties[proto]]).toEqual([undefined, undefined, undefined])
  properties[proto] = 'x'
  const inherited: string = 'toString'
  properties[inherited] = 1
  expect(Object.entries(properties)).toEqual([
    ['__proto__', 'x'],
    ['toString', 1],
  ])
  expect(Object.keys(emptyProperties())).toEqual([])
  const walked: string[] = []
  for (const name in properties) walked.push(name)
  expect(walked).toEqual(['__proto__', 'toString'])
})
