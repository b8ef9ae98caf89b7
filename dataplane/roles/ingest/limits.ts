/**
 * Limits of ingest over HTTP, units last. `docs/reference/http-ingest.md` says the same.
 */
export const ingestHttpLimits = {
  /** A body, before and after decompression: 10 MB. */
  bodyBytesMax: 10 * 1024 * 1024,
  eventsMax: 2_000,
  /**
   * Lists and objects in one body: as many as the largest batch has when every property of every event
   * is one. A megabyte of `[` would otherwise become a hundred megabytes of empty lists.
   */
  containersMax: 524_288,
  /** Bodies that are being received, read, or waiting to be durable, together; beyond it 503. */
  heldBytesMax: 32 * 1024 * 1024,
  /** Where memory is short, a body that has been coming for so long gives way to others. */
  slowBodyMs: 1_000,
  /** A request is answered so long after its body came, durable or not. */
  ackTimeoutMs: 10_000,
  /** Pause before an append that failed is made again. */
  appendRetryMs: 200,
  appendRetryMsMax: 1_000,
  /** `/track` refuses older events. */
  trackAgeMsMax: 5 * 86_400_000,
  /** How often the log is asked whether it is there. */
  logProbeMs: 1_000,
  /** A log that is silent for so long is away. */
  logProbeTimeoutMs: 2_000,
  /** So long after a failed append an answer of the log does not make it good. */
  logDistrustMs: 5_000,
} as const

export type IngestHttpLimits = { readonly [name in keyof typeof ingestHttpLimits]: number }
