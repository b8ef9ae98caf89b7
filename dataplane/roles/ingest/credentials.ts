/**
 * Which project a request with Basic credentials is for.
 *
 * A token stands as the user with an empty secret. A service account needs `project_id` in the query.
 * Every reason to refuse looks the same to the client (QRY-2).
 */
import { UserError } from '../../../common/errors/errors.ts'
import type { AccessHolder } from '../../access/holder.ts'
import type { ProjectAccess } from '../../access/table.ts'
import { basicCredentials } from '../../http/basic.ts'

/** Throws `UserError` `CREDENTIALS_INVALID` (401). */
export function projectOf(
  access: AccessHolder,
  authorization: string | undefined,
  projectId: string | undefined,
): ProjectAccess {
  const given = basicCredentials(authorization)
  if (given === undefined) throw invalidCredentials()
  const { user, secret } = given
  const project =
    secret === ''
      ? access.byToken(user, 'Ingest')
      : access.byAccount(user, secret, { project: projectId ?? '', access: 'Ingest' })
  if (project === undefined || (projectId !== undefined && project.id !== projectId)) throw invalidCredentials()
  return project
}

function invalidCredentials(): UserError {
  return new UserError('CREDENTIALS_INVALID', 'Invalid credentials', { status: 401 })
}
