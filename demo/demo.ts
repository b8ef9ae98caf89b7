/**
 * The story: bring a cluster up, import a source, ask, draw, compare with the oracle, stay until told otherwise.
 *
 * Reads like a table of contents; each step is a file. What it runs on is behind `Cluster`, everything else that it
 * touches is behind the ports of `DemoPorts`.
 */
import { askAll, type Judged } from './ask-all.ts'
import type { Cluster, Endpoints, ProjectTokens, Step } from './cluster.ts'
import { Fault } from './fault.ts'
import type { Http } from './http.ts'
import { type Imported, importSource } from './import.ts'
import type { JudgePort } from './judge/port.ts'
import { linesToCopy } from './lines-to-copy.ts'
import type { Options } from './options.ts'
import { answerPicture } from './picture/answer.ts'
import { durationText, grouped } from './picture/numbers.ts'
import { progressLine, stepsList } from './picture/progress.ts'
import { report } from './report.ts'
import type { Screen } from './screen.ts'
import type { Source } from './source/source.ts'
import { mineProject, sampleProject } from './tokens.ts'
import { untilVisible } from './visible.ts'

export interface DemoPorts {
  readonly http: Http
  readonly screen: Screen
  /** ms that never go back. */
  readonly now: () => number
  readonly judge: (project: string) => JudgePort
  /** Aborted when the demo is to stop; the reason is what it says. */
  readonly signal: AbortSignal
}

/** True when every answer equals the oracle's. Stays until it is stopped, unless `--once`. Throws `Fault` when a part ends by itself. */
export async function demo(cluster: Cluster, source: Source, options: Options, ports: DemoPorts): Promise<boolean> {
  const { screen, signal } = ports
  const tokens = sampleProject(source.project)
  const endpoints = await started(cluster, [tokens, mineProject], ports)
  const died = cluster.ended().then((what) => {
    throw new Fault(what)
  })
  const interrupted = stopped(signal).then((why) => {
    throw new Fault(`stopped (${why})`)
  })
  const judge = ports.judge(source.project)
  const told = answered(endpoints, tokens, source, { ports, judge, json: options.json })
  // All events are in the judge's memory: it goes before the cluster is left to the user.
  const equal = await Promise.race([told, died, interrupted]).finally(() => judge.close())
  if (options.once) return equal
  screen.tell(linesToCopy(endpoints, options.command))
  screen.tell(`\nstopping (${await Promise.race([stopped(signal), died])}) …`)
  return equal
}

async function started(
  cluster: Cluster,
  projects: readonly ProjectTokens[],
  { screen, now, signal }: DemoPorts,
): Promise<Endpoints> {
  const begin = now()
  const steps = new Map<string, Step>()
  screen.tell('starting …')
  const endpoints = await Promise.race([
    cluster.start(projects, (step) => {
      steps.set(step.name, step)
      screen.live(stepsList(screen.style, [...steps.values()]))
    }),
    stopped(signal).then((why) => {
      throw new Fault(`stopped while starting (${why})`)
    }),
  ])
  screen.live('')
  screen.tell(`ready after ${durationText(now() - begin)}: ${[...steps.keys()].join(', ')}`)
  return endpoints
}

interface Asking {
  readonly ports: DemoPorts
  readonly judge: JudgePort
  readonly json: boolean
}

async function answered(
  endpoints: Endpoints,
  tokens: ProjectTokens,
  source: Source,
  { ports, judge, json }: Asking,
): Promise<boolean> {
  const { screen, http, now } = ports
  const begin = now()
  const imported = await importSource(http, source, {
    url: endpoints.ingest,
    token: tokens.ingestToken,
    signal: ports.signal,
    taken: (lines) => judge.take(lines),
    progress: ({ events, done }) =>
      screen.live(progressLine(screen.style, { events, done, eventsPerSecond: rate(events, now() - begin) })),
  })
  const importMs = now() - begin
  screen.live('')
  for (const line of importedLines(source, imported, importMs)) screen.tell(line)
  if (imported.accepted === 0) throw new Fault(`${source.title} has no event that could be imported`)
  const query = { url: endpoints.query, token: tokens.queryToken }
  const seen = await untilVisible(query, { http, now, judge })
  const judged = await askAll(query, source, { http, now, judge, at: seen.at }, (one: Judged) => {
    if (!json) screen.answer(`\n${answerPicture(screen.style, one)}`)
  })
  if (json) screen.answer(report(source, { ...imported, ms: importMs }, judged))
  return judged.every(({ difference }) => difference === undefined)
}

function importedLines(source: Source, { accepted, refused, firstRefused }: Imported, ms: number): string[] {
  const first = `imported ${grouped(accepted)} events of ${source.title}, each durable before its answer, ${grouped(Math.round(rate(accepted, ms)))} a second`
  if (refused === 0) return [first]
  const more = refused - firstRefused.length
  return [
    first,
    `refused ${grouped(refused)}:`,
    ...firstRefused.map(({ number, why }) => `  ${source.unit} ${grouped(number)}: ${why}`),
    ...(more > 0 ? [`  and ${grouped(more)} more`] : []),
  ]
}

const rate = (events: number, ms: number) => (ms <= 0 ? 0 : (1000 * events) / ms)

function stopped(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(String(signal.reason))
    else signal.addEventListener('abort', () => resolve(String(signal.reason)), { once: true })
  })
}
