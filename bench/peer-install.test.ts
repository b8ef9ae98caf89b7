import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { installPeers, peerVersions } from './peer-install.ts'

const folder = mkdtempSync(join(tmpdir(), 'anabranch-bench-'))
afterAll(() => rmSync(folder, { recursive: true }))

function putPackage(name: string, version: string): void {
  const at = join(folder, 'node_modules', name)
  mkdirSync(at, { recursive: true })
  writeFileSync(join(at, 'package.json'), JSON.stringify({ name, version }))
}

test('bench peers: not installed, and npm fails -> an error that says why, where, and how to go without', () => {
  const said: string[] = []
  expect(() => installPeers((line) => said.push(line), { folder, npm: 'no-such-npm' })).toThrow(
    /could not be installed: npm install in .*no-such-npm.*ENOENT.* Run with --no-peers/,
  )
  expect(said.join()).toContain(folder)
  expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).dependencies).toEqual(peerVersions)
})

test('bench peers: installed as pinned -> npm is not asked; another version -> it is', () => {
  const npm = 'no-such-npm'
  for (const [name, version] of Object.entries(peerVersions)) putPackage(name, version)
  rmSync(join(folder, 'package.json'), { force: true })
  installPeers(() => expect.fail('asked'), { folder, npm })
  expect(existsSync(join(folder, 'package.json'))).toBe(false)
  putPackage('chdb', '3.3.0')
  expect(() => installPeers(() => undefined, { folder, npm })).toThrow('could not be installed')
})
