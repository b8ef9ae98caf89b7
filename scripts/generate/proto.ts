/**
 * TypeScript of `proto/`: messages, clients and service definitions, by buf and ts-proto from npm (no protoc).
 *
 * 64-bit fields become numbers: offsets, epochs and counts stay below 2^53 and decoding refuses more.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const options =
  'outputServices=grpc-js,esModuleInterop=true,importSuffix=.ts,forceLong=number,env=node,useExactTypes=false'

/** Path below the repository's root to the text of each generated file. Throws what buf prints when the protos are wrong. */
export function generateProto(): Record<string, string> {
  const out = mkdtempSync(join(tmpdir(), 'anabranch-proto-'))
  const bin = join(root, 'node_modules/.bin')
  const template = {
    version: 'v2',
    plugins: [{ local: join(bin, 'protoc-gen-ts_proto'), out, opt: options.split(',') }],
  }
  // The plugin is a script of Node's: the launcher's Node 24 comes first, whatever the machine has.
  const path = [bin, join(process.execPath, '..'), process.env.PATH].join(delimiter)
  try {
    execFileSync(join(bin, 'buf'), ['generate', '--template', JSON.stringify(template)], {
      cwd: join(root, 'proto'),
      env: { ...process.env, PATH: path },
      stdio: 'pipe',
    })
    const files = readdirSync(out, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .sort()
    return Object.fromEntries(files.map((file) => [`proto/generated/${file}`, readFileSync(join(out, file), 'utf8')]))
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}
