import { expect, test } from 'vitest'
import { basicCredentials } from './basic.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

test.each([
  [`Basic ${base64('user:secret')}`, 'user', 'secret'],
  [`basic  ${base64('user:a:b')} `, 'user', 'a:b'],
  [`Basic ${base64('token:')}`, 'token', ''],
  [`Basic ${base64('ü:ö')}`, 'ü', 'ö'],
  ['Basic user:secret', 'user', 'secret'],
  ['Basic token:', 'token', ''],
])('basic: %s -> user and secret', (header, user, secret) => {
  expect(basicCredentials(header)).toEqual({ user, secret })
})

test.each([
  undefined,
  '',
  'Basic',
  'Basic ',
  'Bearer abc:def',
  `Basic ${base64('no colon')}`,
  'Basic !!!!',
  'Basic =',
  `Basic ${Buffer.from([0xff, 0x3a]).toString('base64')}`,
])('basic: %s -> nothing', (header) => {
  expect(basicCredentials(header)).toBeUndefined()
})
