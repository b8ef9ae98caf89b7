import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { atFolder } from '../machine/image-file.ts'
import type { Container, Pod } from '../objects.ts'
import { quantity } from '../quantity.ts'
import { commandOf } from './command.ts'
import { environmentOf } from './environment.ts'
import { commandLine, imageId, imageOf } from './images.ts'
import { rewriter } from './view.ts'

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'n', uid: 'u', labels: { app: 'a' } },
  spec: { containers: [] },
}

describe('what a process is told', () => {
  const rewrite = rewriter({
    mounts: [
      { mountPath: '/data', path: '/real/d' },
      { mountPath: '/data/log/', path: '/real/l' },
      { mountPath: '/etc/a.b', path: '/real/e' },
    ],
    podIp: '127.2.1.1',
  })

  test.each([
    ['/data', '/real/d'],
    ['--folder=/data/x', '--folder=/real/d/x'],
    ['/data/log/1', '/real/l/1'],
    ['/data/logs', '/real/d/logs'],
    ['cat /data/a "/data/b">/data/c', 'cat /real/d/a "/real/d/b">/real/d/c'],
    ['/database /my/data x/data', '/database /my/data x/data'],
    ['/etc/a.b/c /etc/axb', '/real/e/c /etc/axb'],
    ['--host 0.0.0.0 --at=0.0.0.0:80', '--host 127.2.1.1 --at=127.2.1.1:80'],
    ['0.0.0.0/0 10.0.0.0.0', '0.0.0.0/0 10.0.0.0.0'],
  ])('view: "%s" -> "%s"', (text, becomes) => expect(rewrite(text)).toBe(becomes))

  test('view: a text without a mount path -> stays as it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => text.includes('/data') || text.includes('0.0.0.0') || rewrite(text) === text),
    )
  })

  test('command: image, command and args -> as Docker and a kubelet put them together', () => {
    const image = { entrypoint: ['e'], args: ['d'], workingDir: '.', env: {}, programs: { p: ['node', 'p.ts'] } }
    expect(commandLine(image, {})).toEqual(['e', 'd'])
    expect(commandLine(image, { args: ['a'] })).toEqual(['e', 'a'])
    expect(commandLine(image, { command: ['c'] })).toEqual(['c'])
    expect(commandLine(image, { command: ['c'], args: ['a'] })).toEqual(['c', 'a'])
    expect(commandLine(image, { command: ['p', 'x'], args: ['a'] })).toEqual(['node', 'p.ts', 'x', 'a'])
  })

  test('command: the words of the pod are rewritten, those of the image are not', () => {
    const image = {
      entrypoint: ['/data/tool', 'node'],
      args: [],
      programs: {},
      workingDir: '/image',
      env: { A: '/data', NODE_OPTIONS: '--own' },
    }
    const container: Container = { name: 'c', image: 'i', args: ['/data/$(X)'], workingDir: '/data/w' }
    const input = { pod, podIp: '127.2.1.1', container, mounts: [{ mountPath: '/data', path: '/real' }], mark: 'm/1' }
    const settings = { node: '/bin/node', environment: { PATH: '/bin' }, hostsFile: '/h', preload: 'file:///p' }
    expect(
      commandOf(input, image, { X: 'x', B: '/data/b' }, { ...settings, server: 'https://127.0.0.1:6443' }),
    ).toEqual({
      words: ['/data/tool', 'node', '/real/x'],
      folder: '/real/w',
      environment: {
        PATH: '/bin',
        A: '/data',
        X: 'x',
        B: '/real/b',
        NODE_OPTIONS: '--own --disable-warning=ExperimentalWarning --import=file:///p',
        KUBERNETES_SERVICE_HOST: '127.0.0.1',
        KUBERNETES_SERVICE_PORT: '6443',
        ANABRANCH_RUNNER_HOSTS: '/h',
        ANABRANCH_RUNNER_NAMESPACE: 'n',
        ANABRANCH_RUNNER_RUN: 'm/1',
      },
    })
    expect(commandOf({ ...input, words: ['node', '/data'] }, image, {}, settings).words).toEqual(['/bin/node', '/real'])
  })

  test('environment: later ones win, references see what came before, fields and resources are text', () => {
    const container: Container = {
      name: 'c',
      image: 'i',
      resources: { limits: { memory: '1500Mi' } },
      envFrom: [{ prefix: 'P_', configMapRef: { name: 'm' } }, { secretRef: { name: 'none', optional: true } }],
      env: [
        { name: 'P_a', value: 'own' },
        { name: 'REF', value: '$(P_a) $(LATER) $$(P_a)' },
        { name: 'LATER', value: 'l' },
        { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        { name: 'GI', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Gi' } } },
        { name: 'GONE', valueFrom: { secretKeyRef: { name: 'none', key: 'k', optional: true } } },
      ],
    }
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data: { a: '1', b: '2' } }
    const input = {
      pod,
      podIp: '127.2.1.1',
      hostIp: '127.2.0.1',
      configMap: (name: string) => (name === 'm' ? map : undefined),
      secret: () => undefined,
      services: [],
    }
    expect(environmentOf(container, input)).toEqual({
      ok: { HOSTNAME: 'p', P_a: 'own', P_b: '2', REF: 'own $(LATER) $(P_a)', LATER: 'l', APP: 'a', GI: '2' },
    })
    const strict = { ...container, env: [{ name: 'K', valueFrom: { configMapKeyRef: { name: 'm', key: 'z' } } }] }
    expect(environmentOf(strict, input)).toEqual({ missing: "couldn't find key z in ConfigMap n/m" })
  })
})

describe('images', () => {
  test('images: an exact name, then the longest beginning; another entry is another image', () => {
    const entry = (word: string) => ({ entrypoint: [word], args: [], workingDir: '.', env: {}, programs: {} })
    const table = { 'a:*': entry('short'), 'a:1*': entry('long'), 'a:1': entry('exact') }
    expect(['a:1', 'a:12', 'a:2', 'b:1'].map((name) => imageOf(table, name)?.entrypoint[0])).toEqual([
      'exact',
      'long',
      'short',
      undefined,
    ])
    expect(imageId(table, 'a:1')).not.toBe(imageId(table, 'a:12'))
    expect(imageId({ 'a:1': entry('x') }, 'a:1')).not.toBe(imageId({ 'a:1': entry('y') }, 'a:1'))
    expect(imageOf({ constructor: entry('x') } as never, 'toString')).toBeUndefined()
  })

  test('images: a table that is wrong -> names file, entry and field', () => {
    expect(() => atFolder({ 'a:*': { entrypoint: 'node' } }, '/f', 'images.json')).toThrow(
      'images.json: a:*.entrypoint:',
    )
  })
})

test.each([
  ['250m', 0.25],
  ['2', 2],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['2e3', 2000],
  ['100k', 100_000],
  ['3E', 3e18],
  ['x', Number.NaN],
  ['1Q', Number.NaN],
])('quantity: %s -> %d', (text, value) => expect(quantity(text)).toBe(value))
