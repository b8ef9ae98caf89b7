/**
 * `anabranch <role> [flags]`: the one program of the data plane, one role per process.
 */
import { readFileSync } from 'node:fs'
import { FlagError, type Flags, flagHelp, parseFlags } from '../roles/flags.ts'
import { ingestRole } from '../roles/ingest/role.ts'
import { logRole } from '../roles/log/role.ts'
import { queryRole } from '../roles/query/role.ts'
import { replicaRole } from '../roles/replica/role.ts'
import type { Role } from '../roles/role.ts'
import { frameFlags, runRole } from './frame.ts'

const roles: readonly Role[] = [logRole, ingestRole, replicaRole, queryRole]

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

async function main(argv: readonly string[]): Promise<void> {
  const [name, ...rest] = argv
  if (name === '--version') return console.log(version)
  if (name === undefined || name === '--help') return console.log(programHelp())
  const role = roles.find((known) => known.name === name)
  if (role === undefined)
    throw new FlagError([`no role '${name}'; want one of: ${roles.map((known) => known.name).join(', ')}`])
  const schema = frameFlags.extend(role.flags.shape)
  if (rest.includes('--help')) return console.log(roleHelp(role, schema))
  await runRole(role, parseFlags(schema, rest, process.env) as never, version)
}

function programHelp(): string {
  return [
    `anabranch ${version}: one role of an event cluster per process`,
    '',
    'usage: anabranch <role> [--flag value ...]',
    '',
    ...roles.map((role) => `  ${role.name.padEnd(10)}${role.summary}`),
    '',
    'anabranch <role> --help lists the flags of a role. Each flag can be set by the variable in brackets too.',
  ].join('\n')
}

function roleHelp(role: Role<Flags>, schema: Flags): string {
  return [`anabranch ${role.name}: ${role.summary}`, '', ...flagHelp(schema)].join('\n')
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof FlagError) {
    for (const mistake of error.mistakes) console.error(`anabranch: ${mistake}`)
    process.exit(2)
  }
  console.error(`anabranch: ${error instanceof Error ? (error.stack ?? error.message) : error}`)
  process.exit(1)
})
