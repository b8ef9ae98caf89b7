/**
 * Chaos on real processes: any of them is killed with -9 or paused at random moments while events are imported
 * and queries are asked without a pause; then the log is held against what was acknowledged, and the answers
 * against the oracle (ING-1, DED-1, AUD-1, QRY-1).
 *
 * The moments come from the machine, so one seed is not one history here (the simulator has that); the seed
 * decides events, victims and waits.
 */
import type { LoggedEvent } from '../../../oracle/event.ts'
import { dump } from '../deliver.ts'
import { generator } from '../shuffle.ts'
import type { Cluster } from './cluster.ts'

export interface ChaosOptions {
  readonly cluster: Cluster
  readonly ms: number
  readonly seed: string
  /** Asked over and over, without a minimum. */
  readonly queries: readonly object[]
}

export interface ChaosReport {
  /** Faults by process. */
  readonly faults: Readonly<Record<string, number>>
  readonly sent: ReadonlySet<string>
  readonly acknowledged: ReadonlySet<string>
  /** What the log holds, read by itself. */
  readonly logged: readonly LoggedEvent[]
  readonly asked: number
  /** Some of the answers that were given meanwhile. */
  readonly answers: readonly Answered[]
  /** Queries that failed although each shard had a replica that served, and the query process too. */
  readonly failed: readonly string[]
}

export interface Answered {
  readonly query: object
  readonly result: unknown
  readonly pending: number
  readonly at: { readonly next: Readonly<Record<string, number>> }
}

const batchEvents = 40
/** Every so manieth answer is kept. */
const keptEvery = 5
const pauseMs = 400
/** A paused process still holds its connections: whoever calls it must not wait for it. */
const kinds = ['kill', 'kill', 'pause'] as const

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { cluster, ms, seed } = options
  const outages = new Outages(cluster)
  const until = performance.now() + ms
  const isOver = () => performance.now() > until
  const importers = ['a', 'b'].map((name) => new Importer(cluster, `${seed}-${name}`))
  const asked: Asked = { count: 0, failed: [], answers: [] }
  await Promise.all([
    breakThings(cluster, outages, { seed, isOver }),
    ...importers.map((importer) => importer.run(isOver)),
    ask(options, outages, { asked, isOver }),
  ])
  const all = (of: (importer: Importer) => Set<string>) => new Set(importers.flatMap((importer) => [...of(importer)]))
  return {
    faults: outages.faults,
    sent: all(({ sent }) => sent),
    acknowledged: all(({ acknowledged }) => acknowledged),
    logged: await dump(await cluster.log()),
    asked: asked.count,
    answers: asked.answers,
    failed: asked.failed,
  }
}

/** Who is down since when: whether a query had a chance. */
class Outages {
  readonly faults: Record<string, number> = {}
  readonly #cluster: Cluster
  /** Intervals in ms; the end of one that lasts is infinite. */
  readonly #down = new Map<string, { from: number; to: number }[]>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  begin(name: string): void {
    this.faults[name] = (this.faults[name] ?? 0) + 1
    const intervals = this.#down.get(name) ?? []
    this.#down.set(name, [...intervals, { from: performance.now(), to: Number.POSITIVE_INFINITY }])
  }

  end(name: string): void {
    this.#down.get(name)!.at(-1)!.to = performance.now()
  }

  /** True when the query process, or all replicas of one shard at once, were down at some time in between. */
  excuse(from: number, to: number): boolean {
    const during = (name: string) => (this.#down.get(name) ?? []).filter((one) => one.from < to && one.to > from)
    if (during('query').length > 0) return true
    return this.#cluster.map.shards.some(({ replicas }) => {
      const [first, ...others] = replicas.map(({ name }) => during(name))
      return first!.some((one) => others.every((list) => list.some((two) => two.from < one.to && two.to > one.from)))
    })
  }
}

/** One fault after the other, sometimes a second before the first is over. */
async function breakThings(
  cluster: Cluster,
  outages: Outages,
  { seed, isOver }: { seed: string; isOver: () => boolean },
): Promise<void> {
  const dice = generator(seed)
  const names = [
    'log',
    'ingest',
    'query',
    ...cluster.map.shards.flatMap(({ replicas }) => replicas.map(({ name }) => name)),
  ]
  const busy = new Map<string, Promise<void>>()
  while (!isOver()) {
    await sleep(dice(700))
    const name = names[dice(names.length)]!
    if (busy.has(name) || busy.size >= 2) continue
    const fault = breakOne(cluster, outages, { name, kind: kinds[dice(kinds.length)]! })
    busy.set(
      name,
      fault.finally(() => busy.delete(name)),
    )
  }
  await Promise.all(busy.values())
}

async function breakOne(
  cluster: Cluster,
  outages: Outages,
  { name, kind }: { name: string; kind: (typeof kinds)[number] },
): Promise<void> {
  outages.begin(name)
  const victim = cluster.process(name)
  if (kind === 'pause') {
    victim.pause()
    await sleep(pauseMs)
    victim.resume()
  } else {
    await victim.kill()
    await cluster.run(name)
  }
  outages.end(name)
}

/** Sends batches one after the other, each again until it is acknowledged: what a careful client does. */
class Importer {
  readonly sent = new Set<string>()
  readonly acknowledged = new Set<string>()
  readonly #cluster: Cluster
  readonly #name: string
  readonly #dice: (below: number) => number

  constructor(cluster: Cluster, name: string) {
    this.#cluster = cluster
    this.#name = name
    this.#dice = generator(name)
  }

  async run(isOver: () => boolean): Promise<void> {
    for (let batch = 0; !isOver(); batch++) {
      const events = Array.from({ length: batchEvents }, (_, i) =>
        this.#event(`${this.#name}-${batch * batchEvents + i}`),
      )
      const ids = events.map(({ properties }) => properties.$insert_id)
      for (const id of ids) this.sent.add(id)
      while (!(await this.#import(events)) && !isOver()) await sleep(50)
    }
  }

  async #import(events: readonly { properties: { $insert_id: string } }[]): Promise<boolean> {
    const reply = await this.#cluster.import(events).catch(() => undefined)
    const body = (await reply?.json().catch(() => undefined)) as { num_records_imported?: number } | undefined
    if (reply?.status !== 200 || body?.num_records_imported !== events.length) return false
    for (const { properties } of events) this.acknowledged.add(properties.$insert_id)
    return true
  }

  /** Of few users and names on three days. */
  #event(id: string) {
    return {
      event: ['Visit', 'Add', 'Buy'][this.#dice(3)]!,
      properties: {
        time: Date.UTC(2026, 0, 5) + this.#dice(3 * 86_400_000),
        distinct_id: `user-${this.#dice(50)}`,
        $insert_id: id,
        plan: ['free', 'pro'][this.#dice(2)]!,
      },
    }
  }
}

interface Asked {
  count: number
  readonly failed: string[]
  readonly answers: Answered[]
}

async function ask(
  { cluster, queries }: ChaosOptions,
  outages: Outages,
  { asked, isOver }: { asked: Asked; isOver: () => boolean },
): Promise<void> {
  while (!isOver()) {
    const query = queries[asked.count++ % queries.length]!
    const begin = performance.now()
    const outcome = await cluster.query(query).then(
      async (reply) => {
        const text = await reply.text()
        if (reply.status !== 200) return `${reply.status}: ${text}`
        if (asked.count % keptEvery === 0)
          asked.answers.push({ query, ...(JSON.parse(text) as Omit<Answered, 'query'>) })
        return undefined
      },
      (error: unknown) => String(error),
    )
    if (outcome !== undefined && !outages.excuse(begin, performance.now())) asked.failed.push(outcome)
    await sleep(10)
  }
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
