/** The log as its disk has it now, read from outside by the log's own dump, into the ledger. */
import { UnavailableError } from '../../common/errors/errors.ts'
import type { LogEntry } from '../../dataplane/core/ports.ts'
import { dumpRecords } from '../../dataplane/log/dump.ts'
import type { SimulatedDisk } from '../disk/disk.ts'
import type { Ledger } from './ledger.ts'

/** Throws `Violation` when the log lost or changed something, `CorruptError` when it cannot be read. */
export async function takeDump(ledger: Ledger, disk: SimulatedDisk, folder: string): Promise<void> {
  const entries: LogEntry[] = []
  try {
    for await (const entry of dumpRecords(disk.copy(), folder)) entries.push(entry)
  } catch (error) {
    // No log yet.
    if (!(error instanceof UnavailableError)) throw error
  }
  ledger.take(entries)
}
