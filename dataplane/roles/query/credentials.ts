/**
 * Which project a request asks about (QRY-2): the token or service account opens exactly that one.
 *
 * `Authorization: Bearer <token>`, or Basic with a token as the user and no secret, or Basic with a service
 * account, which then says for which project. A query token opens no ingest and the other way around.
 */
import { UserError } from '../../../common/errors/errors.ts'
import type { AccessHolder } from '../../access/holder.ts'
import type { ProjectAccess } from '../../access/table.ts'
import { basicCredentials } from '../../http/basic.ts'
import type { HttpRequest } from '../../http/request.ts'

/**
 * `wanted`: the project that the request itself names. Throws `UserError` `CREDENTIALS_INVALID` (401); it does not tell
 * a project that does not exist from one that is not open.
 */
export function projectOf(access: AccessHolder, request: HttpRequest, wanted: string | undefined): ProjectAccess {
  const header = request.header('authorization')
  const project = projectByHeader(access, header, wanted)
  if (project !== undefined && (wanted === undefined || wanted === project.id)) return project
  const message =
    header === undefined ? 'got no Authorization header' : 'got credentials that do not open the project for queries'
  throw new UserError('CREDENTIALS_INVALID', message, { status: 401 })
}

function projectByHeader(
  access: AccessHolder,
  header: string | undefined,
  wanted: string | undefined,
): ProjectAccess | undefined {
  const bearer = /^bearer +(\S+)$/i.exec(header ?? '')?.[1]
  if (bearer !== undefined) return access.byToken(bearer, 'Query')
  const basic = basicCredentials(header)
  if (basic === undefined) return undefined
  if (basic.secret === '') return access.byToken(basic.user, 'Query')
  return wanted === undefined
    ? undefined
    : access.byAccount(basic.user, basic.secret, { project: wanted, access: 'Query' })
}
