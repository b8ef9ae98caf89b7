import { expect, test } from 'vitest'
import { parseRunnerFlags } from './flags.ts'

const parse = (...argv: string[]) => parseRunnerFlags(argv, { images: 'images.json' })

test('flags: nodes with labels, namespaces, sizes', () => {
  expect(parse('--node', 'a,zone=x,disk=ssd', '--node', 'b', '--namespace', 'shop', '--cpu', '4')).toMatchObject({
    nodes: [
      { name: 'a', labels: { zone: 'x', disk: 'ssd' }, cpu: '4', memory: '64Gi', pods: 200 },
      { name: 'b', labels: {} },
    ],
    namespaces: ['shop'],
    images: 'images.json',
    onExit: 'end',
  })
  expect(parse('--help')).toBeUndefined()
})

test.each([
  [['--cpu', 'lots'], "--cpu: got 'lots'"],
  [['--pods', '0'], "--pods: got '0'"],
  [['--node', 'A_b'], "--node: got 'A_b'"],
  [['--on-exit', 'flee'], "--on-exit: got 'flee'"],
  [['--backoff-scale', '0'], "--backoff-scale: got '0'"],
  [['--unknown'], '--unknown'],
])('flags: %j -> says what is wrong', (argv, message) => {
  expect(() => parse(...argv)).toThrow(message)
})
