/**
 * What every endpoint of the query role does: find the project, admit, run inside a deadline, give back.
 */
import type { AccessHolder } from '../../access/holder.ts'
import type { ProjectAccess } from '../../access/table.ts'
import type { HttpReply } from '../../http/reply.ts'
import type { HttpRequest } from '../../http/request.ts'
import type { MessageLimits } from '../../query/messages.ts'
import type { RoutingHolder } from '../../routing/holder.ts'
import type { Admission } from './admission.ts'
import { answeredAt, withDeadline } from './answer.ts'
import { type AskedExport, openExport } from './export.ts'
import type { ExportRates } from './export-rates.ts'
import type { FanOut } from './pinned-shards.ts'

export interface QueryService {
  readonly access: AccessHolder
  readonly routing: RoutingHolder
  readonly fan: FanOut
  readonly admission: Admission
  readonly exportRates: ExportRates
  readonly limits: QueryServiceLimits
}

export interface QueryServiceLimits {
  /** The longest deadline of a query, and the one of a query that names none. */
  readonly queryDeadlineMs: number
  readonly documentBytesMax: number
}

export function limitsOf({ quotas }: ProjectAccess): MessageLimits {
  return quotas.scanBytesPerQuery === undefined ? {} : { scanBytesMax: quotas.scanBytesPerQuery }
}

/** An export as a reply whose body is a stream. Throws what goes wrong before the first line. */
export async function exportReply(
  service: QueryService,
  { project, request }: { project: ProjectAccess; request: HttpRequest },
  asked: Omit<AskedExport, 'limits'> & { readonly contentType: string },
): Promise<HttpReply & { readonly body: AsyncGenerator<Buffer> }> {
  const { fan, routing, admission, limits } = service
  const admitted = admission.enter(project)
  const { signal } = request
  // A client that leaves before the first line is read leaves a stream that nobody ends.
  const left = () => admitted.leave()
  signal.addEventListener('abort', left, { once: true })
  try {
    const { at, pending, lines } = await withDeadline(
      fan.clock,
      { signal, deadlineMs: limits.queryDeadlineMs },
      (opening) => openExport(fan, routing, { ...asked, limits: limitsOf(project), signal, opening }),
    )
    const body = async function* () {
      fan.metrics.running.inc()
      try {
        yield* lines
      } finally {
        fan.metrics.running.dec()
        admitted.leave()
      }
    }
    const headers = {
      'content-type': asked.contentType,
      'anabranch-at': JSON.stringify(answeredAt(at)),
      'anabranch-pending': String(pending),
    }
    return { status: 200, headers, body: body() }
  } catch (error) {
    admitted.leave()
    throw error
  }
}
