/**
 * `npm start`: a small event cluster on this machine, with events in it and answers out of it.
 *
 * Five processes of the data plane (log, ingest, two shards, query), the canonical workload over HTTP, three
 * questions over HTTP, then lines to copy. What was stored stays until `--fresh`.
 */
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { importEvents } from '../workload/events.ts'
import { generate } from '../workload/generate.ts'
import { dayMs, workloadDays, workloadStart } from '../workload/shape.ts'
import { eventNames, funnelSteps } from '../workload/vocabulary.ts'
import { bars, grouped, percent } from './start/pictures.ts'
import { Processes } from './start/processes.ts'

const help = `npm start [-- OPTIONS]: a small event cluster on this machine, with events and answers

  --events N        events of the canonical workload to import (default 20000)
  --ingest-port N   port of /import and /track (default 8080)
  --query-port N    port of /v1/query (default 8081)
  --folder PATH     where it is stored (default .anabranch/start)
  --once            end after the answers
  --fresh           forget what an earlier start stored
  --help            this text`

const project = 'shop'
const ingestToken = 'local-ingest-token'
const queryToken = 'local-query-token'
const batchEvents = 2000

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      events: { type: 'string', default: '20000' },
      'ingest-port': { type: 'string', default: '8080' },
      'query-port': { type: 'string', default: '8081' },
      folder: { type: 'string', default: join(import.meta.dirname, '../.anabranch/start') },
      once: { type: 'boolean', default: false },
      fresh: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(help)
  const [events, ingestPort, queryPort] = [values.events, values['ingest-port'], values['query-port']].map(
    wholeNumber,
  ) as [number, number, number]
  const folder = resolve(values.folder)
  if (values.fresh) rmSync(folder, { recursive: true, force: true })
  const processes = new Processes()
  const interrupted = new Promise<string>((resolve) =>
    process.once('SIGINT', () => resolve('Ctrl-C')).once('SIGTERM', () => resolve('SIGTERM')),
  )
  try {
    console.log('starting log, ingest, two shards and query …')
    await processes.start({ folder, ingestPort, queryPort, project, ingestToken, queryToken })
    await importWorkload(`http://127.0.0.1:${ingestPort}`, events)
    await answer(`http://127.0.0.1:${queryPort}`)
    if (values.once) return
    console.log(linesToCopy(ingestPort, queryPort))
    const why = await Promise.race([interrupted, processes.ended()])
    console.log(`\nstopping (${why}) …`)
  } finally {
    await processes.stop()
  }
}

async function importWorkload(ingest: string, rows: number): Promise<void> {
  let sent = 0
  const begin = performance.now()
  for (const chunk of generate({ rows })) {
    for (let at = 0; at < chunk.rows; at += batchEvents) {
      const batch = importEvents(chunk, at, Math.min(chunk.rows, at + batchEvents))
      const body = JSON.stringify(batch)
      await post(`${ingest}/import?strict=1`, `Basic ${btoa(`${ingestToken}:`)}`, body)
      sent += batch.length
      if (process.stdout.isTTY) process.stdout.write(`\rimported ${grouped(sent)} of ${grouped(rows)} events`)
    }
  }
  const seconds = (performance.now() - begin) / 1000
  if (process.stdout.isTTY) process.stdout.write('\r')
  console.log(
    `imported ${grouped(sent)} events, each durable before its answer, ${grouped(Math.round(sent / seconds))} a second`,
  )
}

async function answer(query: string): Promise<void> {
  const common = { project, from: workloadStart, to: workloadStart + workloadDays * dayMs }
  // Segmentation first: it waits for nothing, so ask until the shards have applied what was imported.
  const segmentation = {
    ...common,
    type: 'segmentation',
    select: {},
    measure: 'unique',
    breakdown: [{ property: 'country' }],
    limit: 6,
  }
  const byCountry = await settled(query, segmentation)
  const groups = (byCountry.result as { groups: { key: [{ value?: string }]; total: number }[] }).groups
  console.log('\nusers by country')
  console.log(bars(groups.map(({ key, total }) => ({ label: key[0].value ?? '(none)', value: total }))))

  const names = funnelSteps.map((rank) => eventNames[rank]!)
  const steps = names.map((name) => ({ events: [name] }))
  const funnel = (await ask(query, { ...common, type: 'funnel', steps })).result as { steps: { users: number }[] }
  const entered = funnel.steps[0]!.users
  console.log(`\nfunnel ${names.join(' → ')}, within 7 days`)
  console.log(
    bars(funnel.steps.map(({ users }, i) => ({ label: names[i]!, value: users, note: percent(users, entered) }))),
  )

  const select = { events: [names[0]!] }
  const retention = { ...common, type: 'retention', birth: select, return: {}, unit: 'day', count: 7 }
  const { overall } = (await ask(query, retention)).result as { overall: { users: number; retained: number[] } }
  console.log(`\nretention after the first ${names[0]}, on day or later`)
  console.log(
    bars(
      overall.retained.map((users, day) => ({
        label: `day ${day}`,
        value: users,
        note: percent(users, overall.users),
      })),
    ),
  )
}

interface Answer {
  readonly result: unknown
  readonly at: { readonly next: Readonly<Record<string, number>> }
  readonly pending: number
}

/** The answer once two in a row reflect the same position of the log: nothing is being imported any more. */
async function settled(query: string, document: object): Promise<Answer> {
  for (let before = ''; ; ) {
    const answer = await ask(query, document)
    const position = JSON.stringify(answer.at)
    if (position === before && answer.pending === 0) return answer
    before = position
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

async function ask(query: string, document: object): Promise<Answer> {
  return JSON.parse(await post(`${query}/v1/query`, `Bearer ${queryToken}`, JSON.stringify(document))) as Answer
}

async function post(url: string, authorization: string, body: string): Promise<string> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body,
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`POST ${url}: got ${answer.status} ${text}, want 200`)
  return text
}

function linesToCopy(ingestPort: number, queryPort: number): string {
  return `
Send an event:
  curl -u ${ingestToken}: -H 'content-type: application/json' 'http://127.0.0.1:${ingestPort}/import?strict=1' -d "[{\\"event\\":\\"Hello\\",\\"properties\\":{\\"time\\":$(date +%s),\\"distinct_id\\":\\"me\\",\\"\\$insert_id\\":\\"hello-1\\"}}]"
Ask for it:
  curl -H 'authorization: Bearer ${queryToken}' 'http://127.0.0.1:${queryPort}/v1/query' -d '{"type":"segmentation","project":"${project}","from":"2026-01-01","to":"2027-01-01","select":{"events":["Hello"]},"measure":"total"}'
Stop with Ctrl-C; npm start -- --fresh forgets what was stored.`
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text)) throw new Error(`got '${text}', want a whole number; --help lists the options`)
  return value
}

main().catch((error: unknown) => {
  console.error(`npm start: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
})
