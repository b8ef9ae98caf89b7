import { describe, expect, test } from 'vitest'
import { Turnstile } from './turnstile.ts'

const { signal } = new AbortController()

/** Queries that run until the test ends them. */
class Queries {
  readonly started: string[] = []
  readonly ended: Promise<unknown>[] = []
  readonly #ends = new Map<string, () => void>()
  readonly turnstile: Turnstile

  constructor(places: number) {
    this.turnstile = new Turnstile(places)
  }

  ask(project: string, name: string, of: AbortSignal = signal): Promise<string> {
    const query = this.turnstile.run(project, of, () => {
      this.started.push(name)
      return new Promise<string>((resolve) => this.#ends.set(name, () => resolve(name)))
    })
    this.ended.push(query.catch(() => undefined))
    return query
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)!()
    for (let turn = 0; turn < 20; turn++) await undefined
  }
}

const turns = async () => {
  for (let turn = 0; turn < 20; turn++) await undefined
}

describe('turnstile', () => {
  test('turnstile: one project asks for everything -> another starts at once, and then they take turns (QRY-2)', async () => {
    const queries = new Queries(3)
    for (let i = 0; i < 5; i++) queries.ask('greedy', `g${i}`)
    await turns()
    expect(queries.started).toEqual(['g0', 'g1'])
    for (let i = 0; i < 3; i++) queries.ask('modest', `m${i}`)
    await turns()
    expect(queries.started).toEqual(['g0', 'g1', 'm0'])
    await queries.end('g0')
    await queries.end('g1')
    await queries.end('m0')
    expect(queries.started.slice(3)).toEqual(['g2', 'm1', 'g3'])
    await queries.end('g2')
    expect(queries.started.at(-1)).toBe('m2')
  })

  test('turnstile: one place -> one at a time, in order', async () => {
    const queries = new Queries(1)
    for (const name of ['a', 'b', 'c']) queries.ask('p', name)
    await turns()
    expect(queries.started).toEqual(['a'])
    await queries.end('a')
    await queries.end('b')
    expect(queries.started).toEqual(['a', 'b', 'c'])
  })

  test('turnstile: a caller leaves while it waits -> its place goes to the next', async () => {
    const queries = new Queries(1)
    const leaving = new AbortController()
    queries.ask('p', 'a')
    const left = queries.ask('p', 'b', leaving.signal)
    queries.ask('q', 'c')
    leaving.abort(new Error('left'))
    await expect(left).rejects.toThrow('left')
    await queries.end('a')
    expect(queries.started).toEqual(['a', 'c'])
    expect(queries.turnstile.waiting).toBe(0)
    await expect(queries.ask('p', 'd', leaving.signal)).rejects.toThrow('left')
  })

  test('turnstile: a query fails -> its place is free', async () => {
    const turnstile = new Turnstile(1)
    await expect(turnstile.run('p', signal, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
    expect(await turnstile.run('p', signal, async () => 'next')).toBe('next')
  })
})
