/** The settings in force in one process: a start value from a file, then whatever is pushed, never an older one. */
import { parseSettings, type Settings } from './settings.ts'

export class SettingsHolder {
  #settings: Settings | undefined
  readonly #listeners = new Set<(settings: Settings) => void>()

  /** `undefined`: none were given, the flags decide. */
  constructor(initial?: Settings) {
    this.#settings = initial
  }

  /** 0 before there are any. */
  get version(): number {
    return this.#settings?.version ?? 0
  }

  /** Takes newer settings; answers with the version in force. Throws `UserError` for settings that are wrong. */
  push(text: string): number {
    const settings = parseSettings(text, 'pushed settings')
    if (settings.version > this.version) {
      this.#settings = settings
      for (const listener of this.#listeners) listener(settings)
    }
    return this.version
  }

  /** Calls back at once with what is in force, if anything is, and with all that comes into force later. */
  apply(listener: (settings: Settings) => void): void {
    if (this.#settings !== undefined) listener(this.#settings)
    this.#listeners.add(listener)
  }
}
