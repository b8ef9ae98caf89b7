import { describe, expect, test } from 'vitest'
import { help, parseOptions } from './options.ts'

describe('options', () => {
  test('options: none -> the shop workload, ports and folder of the help', () => {
    expect(parseOptions([], 'npm start')).toEqual({
      source: { kind: 'shop', events: 100_000 },
      once: false,
      json: false,
      fresh: false,
      folder: undefined,
      ingestPort: 8080,
      queryPort: 8081,
      command: 'npm start',
    })
  })

  test('options: every flag -> what it says', () => {
    const argv = [
      '--file',
      'a.ndjson',
      '--once',
      '--json',
      '--fresh',
      '--folder',
      'f',
      '--ingest-port=1',
      '--query-port=2',
    ]
    const source = { kind: 'file', path: 'a.ndjson' }
    const switches = { once: true, json: true, fresh: true }
    expect(parseOptions(argv, 'x')).toEqual({
      source,
      ...switches,
      folder: 'f',
      ingestPort: 1,
      queryPort: 2,
      command: 'x',
    })
    expect(parseOptions(['--git', '.'], 'x')!.source).toEqual({ kind: 'git', path: '.' })
    expect(parseOptions(['--events', '7'], 'x')!.source).toEqual({ kind: 'shop', events: 7 })
    expect(parseOptions(['--events', 'x', '--help'], 'x')).toBeUndefined()
  })

  test('options: the help -> names every flag that is understood, and no other', () => {
    const named = [...help('npm start', 'f').matchAll(/^ {2}--([\w-]+)/gm)].map(([, name]) => name!)
    const values: Readonly<Record<string, string>> = {
      events: '5',
      git: 'p',
      file: 'p',
      folder: 'p',
      'ingest-port': '1',
      'query-port': '2',
    }
    for (const name of named)
      expect(() => parseOptions([`--${name}${name in values ? `=${values[name]}` : ''}`], 'x')).not.toThrow()
    expect(named.sort()).toEqual([
      'events',
      'file',
      'folder',
      'fresh',
      'git',
      'help',
      'ingest-port',
      'json',
      'once',
      'query-port',
    ])
  })

  test.each([
    [['--event', '5'], "Unknown option '--event'; --help lists the options"],
    [['5'], "Unexpected argument '5'; --help lists the options"],
    [['--events', 'many'], "--events: got 'many', want a whole number from 1 to 1000000"],
    [['--events', '0'], "--events: got '0', want a whole number from 1 to 1000000"],
    [['--query-port', '70000'], "--query-port: got '70000', want a whole number from 1 to 65535"],
    [['--query-port', '8080'], '--ingest-port and --query-port are both 8080: want two ports'],
    [['--git', 'a', '--file', 'b'], '--git and --file are two sources: give one'],
  ])('options: %j -> one line', (argv, message) => {
    const parse = () => parseOptions(argv, 'x')
    expect(parse).toThrow(expect.objectContaining({ name: 'Fault' }))
    expect(parse).toThrow(message)
  })
})
