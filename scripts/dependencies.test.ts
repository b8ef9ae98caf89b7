import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  licenceExceptions,
  optionalDependencies,
  permissiveLicences,
  reasons,
  scriptExceptions,
} from './dependencies.ts'

interface Locked {
  readonly version?: string
  readonly license?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly hasInstallScript?: boolean
  readonly os?: string | readonly string[]
  readonly cpu?: string | readonly string[]
}

const root = join(import.meta.dirname, '..')
const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'))
const manifest = read('package.json') as Record<string, Record<string, string>>
const locked = Object.entries(read('package-lock.json').packages as Record<string, Locked>)
  .filter(([path]) => path !== '')
  .map(([path, entry]) => ({ name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length), ...entry }))

describe('dependencies', () => {
  test.each(['dependencies', 'devDependencies', 'optionalDependencies'] as const)(
    'dependencies: package.json and the list with reasons agree on %s',
    (kind) => {
      expect(Object.keys(reasons[kind]).sort()).toEqual(Object.keys(manifest[kind] ?? {}).sort())
      for (const reason of Object.values(reasons[kind])) expect(reason.length).toBeGreaterThan(10)
    },
  )

  test('dependencies: every direct version is exact', () => {
    const versions = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'].flatMap((kind) =>
      Object.entries(manifest[kind] ?? {}),
    )
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([])
  })

  test('dependencies: every licence in the lock file is permissive or a listed exception', () => {
    const permissive = (licence: string) =>
      licence
        .replace(/[()]/g, '')
        .split(/ AND /)
        .every((part) => part.split(/ OR /).some((name) => permissiveLicences.includes(name)))
    const exception = (name: string) =>
      Object.keys(licenceExceptions).some((known) => name === known || name.startsWith(`${known}-`))
    expect(
      locked
        .filter(({ name, license }) => !permissive(license ?? 'none') && !exception(name))
        .map(({ name, license }) => `${name}: ${license}`),
    ).toEqual([])
    expect(locked.filter(({ name, dev, optional }) => exception(name) && !dev && !optional)).toEqual([])
  })

  test('dependencies: nothing needs an install script, apart from packages of another platform', () => {
    const needing = locked.filter(({ hasInstallScript, optional }) => hasInstallScript && !optional)
    expect(needing.map(({ name }) => name)).toEqual(Object.keys(scriptExceptions))
  })

  test('dependencies: each Node binary is a 24 and is installed on its platform alone', () => {
    for (const name of Object.keys(optionalDependencies)) {
      const entry = locked.find((other) => other.name === name)!
      const [cpu, os] = name.split('-').reverse()
      expect([entry.version, [entry.os].flat(), [entry.cpu].flat()]).toEqual([
        expect.stringMatching(/^24\./),
        [os === 'win' ? 'win32' : os],
        [cpu],
      ])
    }
  })
})
