/** The page as it is served, bundled at build time by scripts/page-files.ts. */
declare module 'streamgate:page-files' {
  /** One file of the page. */
  export interface PageFile {
    /** Behind `dashboard/`; names of all but the page itself hold a hash of their content. */
    readonly name: string;
    readonly type: string;
    readonly hash: string;
    readonly body: string;
  }
  export const PAGE_FILES: readonly PageFile[];
}
