/** Questions that suit a source. A wish for names that do not occur is left out. */
export interface Wishes {
  readonly count?: { readonly event: string; readonly by: string }
  /** The first of which all names occur. */
  readonly funnels?: readonly (readonly string[])[]
  readonly born?: string
}
