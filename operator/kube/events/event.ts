/** Events of `events.k8s.io/v1`: what the operator tells people about an object. Pure. */
import type { KubeObject } from '../object.ts'
import { microTime } from '../time.ts'

export interface Notice {
  /** The object that it is about, from the server. */
  readonly regarding: KubeObject
  readonly type: 'Normal' | 'Warning'
  /** Why, in one word: `ReplicaHeld`. */
  readonly reason: string
  /** What was being done, in one word: `Roll`. */
  readonly action: string
  /** For people, cut at 1,024 bytes. */
  readonly note: string
}

export interface Reporter {
  /** `anabranch.dev/operator`. */
  readonly controller: string
  /** Of this process. */
  readonly instance: string
}

const noteBytesMax = 1024

/** What counts as the same thing happening again. */
export function noticeKey({ regarding, type, reason, action, note }: Notice): string {
  return JSON.stringify([regarding.metadata.uid, type, reason, action, note])
}

export function eventOf(
  notice: Notice,
  { controller, instance }: Reporter,
  { now, suffix }: { now: number; suffix: string },
): KubeObject {
  const { regarding, type, reason, action, note } = notice
  const { apiVersion, kind, metadata } = regarding
  const { name, namespace, uid, resourceVersion } = metadata
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${name.slice(0, 240)}.${suffix}`, namespace: namespace ?? 'default' },
    eventTime: microTime(now),
    reportingController: controller,
    reportingInstance: instance.slice(0, 128),
    type,
    reason,
    action,
    note: bounded(note),
    regarding: { apiVersion, kind, name, ...(namespace && { namespace }), uid, resourceVersion },
  }
}

function bounded(note: string): string {
  const bytes = Buffer.from(note)
  if (bytes.length <= noteBytesMax) return note
  const mark = '…'
  // As a stream, so that a character that the cut goes through is left out.
  const kept = new TextDecoder().decode(bytes.subarray(0, noteBytesMax - Buffer.byteLength(mark)), { stream: true })
  return kept + mark
}

/** Patch for something that happened again, `count` times in all. */
export function seriesPatch(count: number, now: number): object {
  return { series: { count, lastObservedTime: microTime(now) } }
}
