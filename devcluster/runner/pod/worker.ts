/**
 * One pod on this node: gathers what is there, asks `decide`, carries it out, reports.
 *
 * Level-triggered and serial: whatever changes (the pod, a ConfigMap, a process, a probe, the time) asks for the same pass. The record is on
 * disk before a status tells of it. Does not: decide (`decide.ts`), or know how a process is started (`ports.ts`).
 */
import { join } from 'node:path'
import { compareVersions } from '../../../operator/kube/version.ts'
import type { Container, Pod, Probe } from '../objects.ts'
import type { Command } from '../ports.ts'
import { type Mounted, mountsOf, PodVolumes } from '../volumes/mounts.ts'
import { PodTokens } from '../volumes/tokens.ts'
import type { WorkerContext } from './context.ts'
import { allContainers, type Decision, decide, type Step } from './decide.ts'
import { type ProbeKind, probing } from './probing.ts'
import { containerOf, type PodRecord, type Run, runsOf, whenEnded, whenStarted, withContainer } from './record.ts'
import { reportStatus } from './report.ts'

const execStopTimeoutMs = 30_000

export class PodWorker {
  readonly #context: WorkerContext
  readonly #volumes: PodVolumes
  readonly #tokens: PodTokens
  readonly #probes = new Map<string, AbortController>()
  readonly #closed = new AbortController()
  #pod: Pod
  #record: PodRecord
  #saved = ''
  #gone = false
  #mounted: Mounted = { ready: false, message: 'not yet' }
  #asked = false
  #pass: Promise<void> | undefined
  #alarm: AbortController | undefined
  #finished = false

  constructor(context: WorkerContext, pod: Pod, record: PodRecord) {
    this.#context = context
    this.#pod = pod
    this.#record = record
    this.#volumes = new PodVolumes(context.folders, join(context.podFolder(record.uid), 'volumes'), context.server)
    this.#tokens = new PodTokens(context.api, context.clock)
  }

  get pod(): Pod {
    return this.#pod
  }

  get record(): PodRecord {
    return this.#record
  }

  /** Takes over the processes of an earlier runner, then begins. */
  adopt(): void {
    for (const container of allContainers(this.#pod)) {
      const { run, starts } = containerOf(this.#record, container.name)
      const next = this.#runFolder(container.name, starts + 1)
      const unrecorded = run === undefined ? this.#context.processes.find(next) : undefined
      if (run !== undefined) this.#follow(container, run)
      else if (unrecorded !== undefined) {
        this.#started(container, { process: unrecorded, folder: next, startedAt: this.#context.clock.now() })
      }
    }
    this.poke()
  }

  /** Of the runs that it follows. */
  marks(): readonly string[] {
    return runsOf(this.#record).map(({ folder }) => this.#mark(folder))
  }

  /** Asks for a pass: something may have changed. */
  poke(): void {
    this.#asked = true
    this.#pass ??= this.#passes().finally(() => {
      this.#pass = undefined
    })
  }

  /** Stops looking after the pod; its processes stay as they are. */
  async close(): Promise<void> {
    this.#closed.abort()
    for (const probe of this.#probes.values()) probe.abort()
    this.#alarm?.abort()
    await this.#pass
  }

  /** Ends its processes as a deletion would, without a word to the API server. */
  async halt(graceMs: number): Promise<void> {
    await this.close()
    const runs = runsOf(this.#record)
    const { processes, clock } = this.#context
    for (const { process } of runs) processes.signal(process, 'SIGTERM')
    const late = new AbortController()
    const killing = clock.sleep(graceMs, late.signal).then(
      () => {
        for (const { process } of runs) processes.signal(process, 'SIGKILL')
      },
      () => undefined,
    )
    await Promise.all(runs.map(({ process, folder }) => processes.ended(process, folder)))
    late.abort()
    await killing
  }

  async #passes(): Promise<void> {
    while (this.#asked && !this.#finished && !this.#closed.signal.aborted) {
      this.#asked = false
      await this.#once().catch((error: unknown) => {
        this.#context.logger.error('pod', { pod: `${this.#record.namespace}/${this.#record.name}`, error })
        this.#wakeAt(this.#context.clock.now() + this.#context.retryMs)
      })
    }
  }

  async #once(): Promise<void> {
    this.#look()
    await this.#mount()
    const decision = decide({
      pod: this.#pod,
      record: this.#record,
      now: this.#context.clock.now(),
      gone: this.#gone,
      mounts: this.#mounted,
      hasImage: (name) => this.#context.hasImage(name),
      trouble: (container) => this.#context.trouble(container, this.#pod, this.#record.ip),
      scale: this.#context.backoffScale,
    })
    this.#record = decision.record
    this.#tellWaiting(decision)
    for (const step of decision.steps) await this.#act(step, decision)
    if (this.#finished) return
    await this.#save()
    if (this.#gone) return this.#wakeAt(decision.wakeAt)
    const written = await reportStatus(this.#context, this.#statusInput(decision), 'on the way')
    if (written !== undefined) this.#pod = written
    this.#wakeAt(written === undefined ? this.#context.clock.now() : decision.wakeAt)
  }

  #look(): void {
    const { namespace, name, uid } = this.#record
    const current = this.#context.look(namespace, name)
    this.#gone = current?.metadata.uid !== uid
    // What a write of our own returned may be newer than what the watch has brought.
    if (current !== undefined && !this.#gone && isNewer(current, this.#pod)) this.#pod = current
  }

  async #mount(): Promise<void> {
    if (this.#gone || this.#pod.metadata.deletionTimestamp !== undefined) return
    const input = this.#context.mountInput(this.#pod, this.#record.ip)
    this.#mounted = await this.#volumes.prepare(this.#pod, { ...input, tokens: (pod) => this.#tokens.of(pod) })
    if (!this.#mounted.ready) this.#tell('Warning', 'FailedMount', this.#mounted.message)
  }

  async #act(step: Step, decision: Decision): Promise<void> {
    if (step.do === 'finish') return this.#finish(decision)
    const { container } = step
    const run = containerOf(this.#record, container.name).run
    if (step.do === 'start') await this.#start(container)
    else if (step.do === 'kill' && run !== undefined) this.#context.processes.signal(run.process, 'SIGKILL')
    else if (step.do === 'stop' && run !== undefined) {
      this.#tell('Normal', 'Killing', `Stopping container ${container.name}: ${step.reason}`)
      void this.#stop(container, run)
    }
  }

  async #start(container: Container): Promise<void> {
    const { folders, processes, clock, backoffScale } = this.#context
    const folder = this.#runFolder(container.name, containerOf(this.#record, container.name).starts + 1)
    await folders.make(folder)
    await this.#save()
    try {
      const process = await processes.start(this.#command(container, folder), folder)
      this.#started(container, { process, folder, image: container.image, startedAt: clock.now() })
      this.#tell('Normal', 'Started', `Started container ${container.name}`)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      this.#tell('Warning', 'Failed', `Error: ${message}`)
      const { starts } = containerOf(this.#record, container.name)
      const end = { exitCode: 128, now: clock.now(), scale: backoffScale, message }
      this.#record = withContainer(whenEnded(this.#record, container.name, end), container.name, { starts: starts + 1 })
      this.poke()
    }
  }

  #started(container: Container, run: Run): void {
    const probes = { startup: container.startupProbe !== undefined, readiness: container.readinessProbe !== undefined }
    this.#record = whenStarted(this.#record, container.name, run, probes)
    this.#follow(container, run)
  }

  /** Waits for the end of a run, and probes it until then. */
  #follow(container: Container, run: Run): void {
    const probes = new AbortController()
    this.#probes.set(container.name, probes)
    const { processes, clock, backoffScale } = this.#context
    void processes.ended(run.process, run.folder).then((exitCode) => {
      probes.abort()
      processes.sweep(this.#mark(run.folder), new Set())
      if (this.#closed.signal.aborted) return
      this.#record = whenEnded(this.#record, container.name, { exitCode, now: clock.now(), scale: backoffScale })
      this.poke()
    })
    void this.#probe(container, run, probes.signal).catch((error: unknown) => {
      if (!probes.signal.aborted) this.#context.logger.error('probe', { container: container.name, error })
    })
  }

  async #probe(container: Container, run: Run, signal: AbortSignal): Promise<void> {
    const { startupProbe, readinessProbe, livenessProbe, name } = container
    const judge = (kind: ProbeKind, probe: Probe) =>
      probing({
        kind,
        probe,
        clock: this.#context.clock,
        startedAt: run.startedAt,
        signal,
        ask: (asked, timeoutMs) => this.#ask(container, run, asked, timeoutMs),
        failed: (message) => this.#tell('Warning', 'Unhealthy', `${capital(kind)} probe failed: ${message}`),
        judged: (healthy) => this.#judged(container, kind, healthy),
      })
    if (startupProbe !== undefined && !containerOf(this.#record, name).started) await judge('startup', startupProbe)
    await Promise.all([
      readinessProbe === undefined ? undefined : judge('readiness', readinessProbe),
      livenessProbe === undefined ? undefined : judge('liveness', livenessProbe),
    ])
  }

  #judged(container: Container, kind: ProbeKind, healthy: boolean): void {
    const { name, readinessProbe, livenessProbe, startupProbe } = container
    if (kind === 'readiness') this.#record = withContainer(this.#record, name, { ready: healthy })
    else if (!healthy) {
      const graceSeconds = (kind === 'startup' ? startupProbe : livenessProbe)?.terminationGracePeriodSeconds
      const message = `it failed its ${kind} probe and will be restarted`
      this.#record = withContainer(this.#record, name, { unhealthy: { message, graceSeconds } })
    } else if (kind === 'startup') {
      this.#record = withContainer(this.#record, name, { started: true, ready: readinessProbe === undefined })
    }
    this.poke()
  }

  async #ask(container: Container, run: Run, probe: Probe, timeoutMs: number): Promise<string | undefined> {
    const { checks, processes } = this.#context
    if (probe.exec === undefined) return checks.check(probe, { address: this.#record.ip, container }, timeoutMs)
    const command = this.#command(container, run.folder, probe.exec.command ?? [])
    const { exitCode, output } = await processes.run(command, timeoutMs)
    return exitCode === 0 ? undefined : output.trim() || `exit code ${exitCode}`
  }

  /** The preStop hook, as long as it takes: the grace period goes on meanwhile, and ends both. */
  async #stop(container: Container, run: Run): Promise<void> {
    const { checks, processes, clock } = this.#context
    const hook = container.lifecycle?.preStop
    const target = { address: this.#record.ip, container }
    if (hook?.sleep !== undefined) await clock.sleep(hook.sleep.seconds * 1000)
    else if (hook?.exec !== undefined) {
      await processes.run(this.#command(container, run.folder, hook.exec.command ?? []), execStopTimeoutMs)
    } else if (hook !== undefined) await checks.check(hook, target, execStopTimeoutMs)
    processes.signal(run.process, 'SIGTERM')
  }

  /** `words`: a probe or hook in the container, in place of its own command. */
  #command(container: Container, runFolder: string, words?: readonly string[]): Command {
    const paths = this.#mounted.ready ? this.#mounted.paths : new Map<string, string>()
    return this.#context.command({
      pod: this.#pod,
      podIp: this.#record.ip,
      container,
      mounts: mountsOf(container, paths),
      mark: this.#mark(runFolder),
      words,
    })
  }

  async #finish(decision: Decision): Promise<void> {
    if (!this.#gone) await reportStatus(this.#context, this.#statusInput(decision), 'last')
    this.#finished = true
    this.#alarm?.abort()
    await this.#context.folders.remove(this.#context.podFolder(this.#record.uid))
    this.#context.finished(this.#record.uid)
  }

  #statusInput({ waiting }: Decision) {
    const hostIp = this.#context.hostIp(this.#record.node)
    return { pod: this.#pod, record: this.#record, waiting, mounted: this.#mounted.ready, hostIp }
  }

  #tellWaiting({ waiting }: Decision): void {
    for (const [name, { reason, message }] of waiting) {
      if (message === undefined) continue
      const event = reason === 'CrashLoopBackOff' || reason === 'ImagePullBackOff' ? 'BackOff' : 'Failed'
      this.#tell(
        'Warning',
        event,
        reason === 'CreateContainerConfigError' ? `Error: ${message} (container ${name})` : message,
      )
    }
  }

  #tell(type: 'Normal' | 'Warning', reason: string, note: string): void {
    this.#context.events.record(this.#pod, type, reason, note)
  }

  async #save(): Promise<void> {
    const text = JSON.stringify(this.#record)
    if (text === this.#saved) return
    await this.#context.folders.writeText(join(this.#context.podFolder(this.#record.uid), 'record.json'), text)
    this.#saved = text
  }

  #wakeAt(time: number): void {
    this.#alarm?.abort()
    if (time === Number.POSITIVE_INFINITY) return
    const alarm = new AbortController()
    this.#alarm = alarm
    this.#context.clock.sleep(Math.max(0, time - this.#context.clock.now()), alarm.signal).then(
      () => this.poke(),
      () => undefined,
    )
  }

  #runFolder(container: string, start: number): string {
    return join(this.#context.podFolder(this.#record.uid), 'runs', container, String(start))
  }

  #mark(runFolder: string): string {
    const [start, container] = runFolder.split('/').reverse()
    return `${this.#context.mark}/${this.#record.uid}/${container}/${start}`
  }
}

function capital(word: string): string {
  return `${word[0]!.toUpperCase()}${word.slice(1)}`
}

function isNewer(one: Pod, than: Pod): boolean {
  return compareVersions(one.metadata.resourceVersion ?? '0', than.metadata.resourceVersion ?? '0') > 0
}
