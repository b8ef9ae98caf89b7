/** What to type next: one's own events into a project of their own, and a question about them. */
import type { Endpoints } from './cluster.ts'
import { mineProject } from './tokens.ts'

export function linesToCopy({ ingest, query }: Endpoints, command: string): string {
  const { ingestToken, queryToken } = mineProject
  return `
Your own events, into a project of their own. Send one:
  curl -u ${ingestToken}: -H 'content-type: application/json' ${ingest}/import -d "[{\\"event\\":\\"Hello\\",\\"properties\\":{\\"time\\":$(date +%s),\\"distinct_id\\":\\"me\\",\\"\\$insert_id\\":\\"hello-1\\"}}]"
Ask for it:
  curl -H 'authorization: Bearer ${queryToken}' ${query}/v1/query -d "{\\"type\\":\\"segmentation\\",\\"from\\":0,\\"to\\":$(date +%s)999,\\"select\\":{\\"events\\":[\\"Hello\\"]},\\"measure\\":\\"total\\"}"
Stop with Ctrl-C. ${command} goes on with what is stored, ${command} -- --fresh forgets it; docs/start.md goes on from here.`
}
