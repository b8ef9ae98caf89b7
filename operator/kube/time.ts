/** Times as Kubernetes objects carry them. Pure. */

/** RFC 3339 with microseconds (`MicroTime`), which Leases and Events want. */
export function microTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000Z`
}

/** RFC 3339 in seconds (`Time`). */
export function secondsTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
