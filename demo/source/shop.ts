/** The canonical workload: thirty days of an invented shop (`workload/`), as many events as asked for. */
import { toNdjson } from '../../workload/events.ts'
import { generate } from '../../workload/generate.ts'
import { eventNames, funnelSteps } from '../../workload/vocabulary.ts'
import { batched, type NumberedLine, type Source } from './source.ts'

/** Rows of a chunk that are spelled out at once. */
const rowsAtOnce = 2_000

export function shopSource(events: number): Source {
  const steps = funnelSteps.map((rank) => eventNames[rank]!)
  let sent = 0
  return {
    title: 'the shop workload',
    project: `shop-${events}`,
    unit: 'event',
    wishes: { count: { event: steps[0]!, by: 'country' }, funnels: [steps], born: steps[0]! },
    batches: () =>
      batched(
        chunks(events, (count) => {
          sent += count
        }),
        () => sent / events,
      ),
  }
}

function* chunks(events: number, told: (count: number) => void): Generator<NumberedLine[]> {
  let number = 0
  for (const chunk of generate({ rows: events })) {
    for (let at = 0; at < chunk.rows; at += rowsAtOnce) {
      const text = toNdjson(chunk, at, Math.min(chunk.rows, at + rowsAtOnce))
      const lines = text.trimEnd().split('\n')
      told(lines.length)
      yield lines.map((line) => ({ line, number: ++number }))
    }
  }
}
