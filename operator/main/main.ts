/** `anabranch-operator [flags]`: makes EventClusters so, and keeps them so. */
import { readFileSync } from 'node:fs'
import { FlagError, flagHelp, parseFlags } from '../../dataplane/roles/flags.ts'
import { operatorFlags } from './flags.ts'
import { runOperator } from './run.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

async function main(argv: readonly string[]): Promise<void> {
  if (argv.includes('--version')) return console.log(version)
  if (argv.includes('--help')) {
    return console.log(['anabranch-operator: reconciles EventClusters', '', ...flagHelp(operatorFlags)].join('\n'))
  }
  await runOperator(parseFlags(operatorFlags, argv, process.env), version)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const lines = error instanceof FlagError ? error.mistakes : [error instanceof Error ? error.stack : String(error)]
  for (const line of lines) console.error(`anabranch-operator: ${line}`)
  process.exit(error instanceof FlagError ? 2 : 1)
})
