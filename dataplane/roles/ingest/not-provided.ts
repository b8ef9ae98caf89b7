/**
 * Endpoints of the reference system that Anabranch does not have: profiles of users and of groups.
 *
 * An SDK that is told `1` drops what it sent, so it is never told that. Nothing is read or stored.
 */
import { UserError } from '../../../common/errors/errors.ts'
import { jsonReply } from '../../http/reply.ts'
import type { Route } from '../../http/routes.ts'

export const notProvidedRoutes: readonly Route[] = ['/engage', '/groups'].map((path) => ({
  path,
  methods: ['GET', 'POST'],
  cors: true,
  async handle() {
    throw new UserError('NOT_PROVIDED', `${path}: profiles are not stored here; nothing was kept`, { status: 501 })
  },
  failed: ({ status, message }) => jsonReply(status, { status: 0, error: message }),
}))
