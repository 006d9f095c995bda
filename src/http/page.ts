/** What the handler serves below `/dashboard`: pages that come from elsewhere. */
export interface Page {
  /**
   * Answers a request that may read.
   *
   * @param path what follows `/dashboard`, without the query: `''`, `'/'`, `'/app.js'`
   * @returns `undefined` where there is nothing under that path
   */
  respond(request: Request, path: string): Promise<Response> | undefined;
}
