import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gitIn } from '../machine/git-process.ts'
import { gitSource } from './git.ts'
import type { GitEvent } from './git-events.ts'
import { CommitReader, logArguments } from './git-log.ts'

const root = mkdtempSync(join(tmpdir(), 'anabranch-demo-git-'))
const repository = join(root, 'My Project')
/** Seconds since 1970 of the first commit; each later one is a day after. */
const start = 1_700_000_000
const people = { zoe: 'Zoe@Example.org', bob: 'bob@example.org' }
let days = 0
const hasGit = spawnSync('git', ['--version']).status === 0

/** git with a fixed clock and without the settings of this machine. */
function git(...argv: string[]): string {
  const date = `${start + 86_400 * days} +0200`
  const who = { NAME: 'zoe', EMAIL: people.zoe, DATE: date }
  const env = Object.fromEntries(
    Object.entries(who).flatMap(([key, value]) => [
      [`GIT_AUTHOR_${key}`, value],
      [`GIT_COMMITTER_${key}`, value],
    ]),
  )
  const bare = { PATH: process.env.PATH, HOME: root, GIT_CONFIG_NOSYSTEM: '1' }
  return execFileSync('git', ['-C', repository, ...argv], { env: { ...bare, ...env }, encoding: 'utf8' })
}

function commit(message: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) writeFileSync(join(repository, path), content)
  git('add', '-A')
  git('commit', '-qm', message)
  days++
}

beforeAll(() => {
  if (!hasGit) return
  mkdirSync(join(repository, 'src'), { recursive: true })
  git('init', '-q', '-b', 'trunk')
  commit('feat(core): begin\n\nCo-authored-by: Bob <BOB@example.org>\nReviewed-by: Zoe <zoe@EXAMPLE.org>', {
    'src/a.ts': 'one\ntwo\n',
    'Ünïcode\tname': 'x\n',
  })
  git('checkout', '-qb', 'side')
  commit('on the side', { 'src/b.ts': 'b\n' })
  git('checkout', '-q', 'trunk')
  commit('binary \x1f and \x1e', { 'picture.png': Buffer.from([0, 1, 2]) })
  git('merge', '-q', '--no-ff', '-m', 'merge side', 'side')
  days++
  git('tag', '-a', '-m', 'first', 'v1')
  git('tag', 'light', 'HEAD~1')
  git('commit', '-q', '--allow-empty', '-m', 'nothing changed')
})

afterAll(() => rmSync(root, { recursive: true }))

async function read(path = repository) {
  const source = await gitSource(gitIn(path))
  const batches = await Array.fromAsync(source.batches(new AbortController().signal))
  const lines = batches.flatMap((batch) => batch.lines)
  return { source, lines, events: lines.map((line) => JSON.parse(line) as GitEvent) }
}

const counts = (events: readonly GitEvent[]) =>
  Object.fromEntries([...Map.groupBy(events, ({ event }) => event)].map(([name, some]) => [name, some.length]))

describe.skipIf(!hasGit)(`git${hasGit ? '' : ' (skipped: there is no git here)'}`, () => {
  test('git: a history -> who authored, touched, merged, tagged, with what git counts', async () => {
    const { source, events } = await read()
    expect(source.project).toMatch(/^git-my-project-[0-9a-f]{8}$/)
    expect(counts(events)).toEqual({ Authored: 4, CoAuthored: 1, Reviewed: 1, Touched: 4, Merged: 1, Tagged: 2 })
    const [first] = events
    expect(first!.properties).toMatchObject({
      time: start * 1000,
      files: 2,
      additions: 3,
      deletions: 0,
      subject_area: 'feat(core)',
    })
    const paths = events.filter(({ event }) => event === 'Touched').map(({ properties }) => properties)
    expect(paths.map(({ path, folder, language, additions }) => [path, folder, language, additions])).toEqual(
      expect.arrayContaining([
        ['src/a.ts', 'src', 'TypeScript', 2],
        ['Ünïcode\tname', '.', '(none)', 1],
        ['picture.png', '.', 'png', undefined],
        ['src/b.ts', 'src', 'TypeScript', 1],
      ]),
    )
  })

  test('git: people -> 16 hex digits, the same for an address in any case; no name, no address', async () => {
    const { lines, events } = await read()
    const by = (name: string) => events.find(({ event }) => event === name)!.properties.distinct_id
    expect(by('Authored')).toMatch(/^[0-9a-f]{16}$/)
    expect([by('Tagged'), by('Reviewed')]).toEqual([by('Authored'), by('Authored')])
    expect(by('CoAuthored')).not.toBe(by('Authored'))
    expect(lines.join('\n')).not.toMatch(/example\.org|zoe|bob/i)
  })

  test('git: read again -> the same lines and ids, each once, so that a second import changes nothing (DED-1)', async () => {
    const [once, again] = [await read(), await read(join(repository, 'src'))]
    expect(again.lines).toEqual(once.lines)
    expect(again.source.project).toBe(once.source.project)
    const ids = once.events.map(({ properties }) => properties.$insert_id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/)
  })

  test('git: the log in chunks of any size -> the same commits', async () => {
    const source = await gitSource(gitIn(repository))
    const whole = (await Array.fromAsync(gitIn(repository).stream(logArguments, new AbortController().signal))).join('')
    const commits = (size: number) => {
      const reader = new CommitReader()
      const chunks = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
        whole.slice(i * size, (i + 1) * size),
      )
      return [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.finish()]
    }
    expect(commits(whole.length)).toHaveLength(5)
    for (const size of [1, 2, 7, 50]) expect(commits(size)).toEqual(commits(whole.length))
    expect(source.title).toBe('the history of My Project')
  })

  test.each([
    ['not a repository', () => root, /not a git repository/],
    ['no folder', () => join(root, 'missing'), /cannot change to .*missing/],
    ['no commit yet', () => emptyRepository(), /has no commit yet/],
  ])('git: %s -> one line that says so', async (_what, path, message) => {
    const failed = read(path())
    await expect(failed).rejects.toThrow(message)
    await expect(failed).rejects.toMatchObject({ name: 'Fault' })
  })
})

function emptyRepository(): string {
  const path = join(root, 'empty')
  execFileSync('git', ['init', '-q', path])
  return path
}
