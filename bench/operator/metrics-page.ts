/** Reads a page of metrics in the text format of Prometheus, as far as the operator writes it. */

export class MetricsPage {
  readonly #samples: readonly { readonly name: string; readonly labels: string; readonly value: number }[]

  constructor(text: string) {
    this.#samples = text
      .split('\n')
      .map((line) => /^(\w+)(?:\{(.*)\})? ([^ ]+)$/.exec(line))
      .filter((match) => match !== null)
      .map(([, name, labels = '', value]) => ({ name: name!, labels, value: Number(value) }))
  }

  /** Sum of all samples of a metric whose labels contain each of the texts. */
  sum(name: string, ...labels: readonly string[]): number {
    return this.#samples
      .filter((sample) => sample.name === name && labels.every((label) => sample.labels.includes(label)))
      .reduce((sum, { value }) => sum + value, 0)
  }
}
