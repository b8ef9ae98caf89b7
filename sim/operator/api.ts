/**
 * The API server as one operator process reaches it: every request is an operation of the scheduler on its way there, and
 * another on its way back, and may be lost, late, refused, or answered to nobody.
 *
 * A write that was sent may arrive after its sender gave up or died. Does not: decide which fault comes (`faults.ts`), or judge what
 * is written (`check/`).
 */
import { unavailable } from '../../common/errors/errors.ts'
import type { MemoryApi } from '../../devcluster/api/memory-api.ts'
import type {
  ApplyOptions,
  DeleteOptions,
  KubeApi,
  ListPage,
  ListQuery,
  Patch,
  RawRequest,
  WatchEvent,
  WatchQuery,
  WriteOptions,
} from '../../operator/kube/api.ts'
import { type KubeObject, keyOf, type ObjectKey } from '../../operator/kube/object.ts'
import type { Resource } from '../../operator/kube/resource.ts'
import { StatusError } from '../../operator/kube/status-error.ts'
import type { Life } from '../kernel/life.ts'
import { clientTimeoutMs } from './faults.ts'
import type { OperatorWorld } from './world.ts'

export interface ProcessApiOptions {
  readonly world: OperatorWorld
  readonly life: Life
  /** With the clock of the process. */
  readonly memory: MemoryApi
  /** Asked as the bytes leave; throws when this process may no longer write. */
  readonly beforeWrite?: () => void
  /** For the election: its writes are its own business. */
  readonly isElection?: boolean
}

export interface Write {
  readonly verb: 'create' | 'replace' | 'apply' | 'patch' | 'delete'
  readonly resource: Resource
  readonly key: ObjectKey
  readonly subresource?: string | undefined
}

export class ProcessApi implements KubeApi {
  readonly #options: ProcessApiOptions

  constructor(options: ProcessApiOptions) {
    this.#options = options
  }

  get(resource: Resource, key: ObjectKey): Promise<KubeObject | undefined> {
    return this.#read(`get ${resource.plural}`, (memory) => memory.get(resource, key))
  }

  list(resource: Resource, query?: ListQuery): Promise<ListPage> {
    return this.#read(`list ${resource.plural}`, (memory) => memory.list(resource, query))
  }

  async *watch(resource: Resource, query: WatchQuery, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const { world, life, memory } = this.#options
    const { faults, scheduler } = world
    const label = `watch ${resource.plural}`
    await scheduler.pass(life, label)
    if (faults.isWatchRefused()) unavailable('KUBE_UNAVAILABLE', `simulated: ${label} was refused`)
    const ends = AbortSignal.any([signal, world.endOf(life)])
    for await (const event of memory.watch(resource, query, ends)) {
      await scheduler.pass(life, `event ${resource.plural}`, { ms: faults.watchLag() })
      if (faults.isWatchBroken()) unavailable('KUBE_UNAVAILABLE', `simulated: ${label} broke off`)
      if (faults.isWatchSilent()) await silence(AbortSignal.any([ends, faults.over]))
      yield event
    }
  }

  create(resource: Resource, object: KubeObject, options?: WriteOptions): Promise<KubeObject> {
    const write: Write = { verb: 'create', resource, key: keyOf(object), subresource: options?.subresource }
    return this.#write(write, (memory) => memory.create(resource, object, options))
  }

  replace(resource: Resource, object: KubeObject, options?: WriteOptions): Promise<KubeObject> {
    const write: Write = { verb: 'replace', resource, key: keyOf(object), subresource: options?.subresource }
    return this.#write(write, (memory) => memory.replace(resource, object, options))
  }

  apply(resource: Resource, object: KubeObject, options: ApplyOptions): Promise<KubeObject> {
    const write: Write = { verb: 'apply', resource, key: keyOf(object), subresource: options.subresource }
    return this.#write(write, (memory) => memory.apply(resource, object, options))
  }

  patch(resource: Resource, key: ObjectKey, patch: Patch, options?: WriteOptions): Promise<KubeObject> {
    const write: Write = { verb: 'patch', resource, key, subresource: options?.subresource }
    return this.#write(write, (memory) => memory.patch(resource, key, patch, options))
  }

  delete(resource: Resource, key: ObjectKey, options?: DeleteOptions): Promise<void> {
    return this.#write({ verb: 'delete', resource, key }, (memory) => memory.delete(resource, key, options))
  }

  async raw({ method, path }: RawRequest): Promise<unknown> {
    throw new StatusError({ status: 404, reason: 'NotFound', message: 'not simulated', request: `${method} ${path}` })
  }

  async #read<Answer>(label: string, ask: (memory: MemoryApi) => Promise<Answer>): Promise<Answer> {
    const { world, life, memory } = this.#options
    await world.scheduler.pass(life, label)
    if (world.faults.isReadFailed()) unavailable('KUBE_UNAVAILABLE', `simulated: ${label} was not answered`)
    return ask(memory)
  }

  async #write<Answer>(write: Write, send: (memory: MemoryApi) => Promise<Answer>): Promise<Answer> {
    const { world, life, beforeWrite, isElection = false } = this.#options
    const { scheduler, faults } = world
    const name = nameOf(write)
    await scheduler.pass(life, `${name} before`)
    beforeWrite?.()
    if (!isElection) world.sent(life, write)
    const fault = faults.write(name)
    if (fault?.kind === 'refused') throw refusal(name)
    if (fault?.kind === 'lost') {
      await scheduler.pass(life, `${name} unanswered`, { ms: clientTimeoutMs })
      return unavailable('KUBE_UNAVAILABLE', `simulated: ${name} was lost`)
    }
    const lateMs = fault?.kind === 'late' ? fault.ms : 0
    const arrived = this.#arrive(write, send, lateMs)
    // Whoever gives up before it arrives does not hear of it.
    arrived.catch(() => {})
    if (fault?.kind === 'unanswered' || lateMs > clientTimeoutMs) {
      await scheduler.pass(life, `${name} unanswered`, { ms: clientTimeoutMs })
      return unavailable('KUBE_UNAVAILABLE', `simulated: the answer to ${name} was lost`)
    }
    const answer = await arrived
    await scheduler.pass(life, `${name} after`)
    return answer
  }

  async #arrive<Answer>(write: Write, send: (memory: MemoryApi) => Promise<Answer>, ms: number): Promise<Answer> {
    const { world, life, memory } = this.#options
    await world.scheduler.pass(life, `${nameOf(write)} arrives`, { ms, outlives: true })
    return world.writing(life, write, () => send(memory))
  }
}

export function nameOf({ verb, resource, subresource }: Write): string {
  return `${verb} ${resource.plural}${subresource === undefined ? '' : `/${subresource}`}`
}

function refusal(request: string): StatusError {
  return new StatusError({ status: 500, reason: 'InternalError', message: 'simulated: etcd has no leader', request })
}

/** Nothing more, not even bookmarks, until the client gives up. */
function silence(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
