/** The two projects of a demo cluster: one for the source's events, an empty one for the user's own. */
import type { ProjectTokens } from './cluster.ts'

/** Tokens of the source's project, whose id is the source's. */
export function sampleProject(id: string): ProjectTokens {
  return { id, ingestToken: 'sample-ingest-token', queryToken: 'sample-query-token' }
}

/** Kept apart, so that the answers about the source stay what they are. */
export const mineProject: ProjectTokens = {
  id: 'mine',
  ingestToken: 'my-ingest-token',
  queryToken: 'my-query-token',
}
