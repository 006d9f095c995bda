export type {
  Auth,
  AuthFunction,
  BasicUser,
  BearerToken,
  Principal,
  Scope,
} from './access.ts';
export type { Call, Reply } from './call.ts';
export { type FastifyLike, type FastifyReplyLike, type FastifyRequestLike, toFastify } from './fastify.ts';
export { type AnalyticsHandler, createHandler } from './handler.ts';
export { type AnalyticsServer, type NodeListener, type ServeOptions, serve, serverTimeouts, toNode } from './node.ts';
export type { CorsOptions, HandlerOptions, RateLimitOptions } from './options.ts';
export type { Page } from './page.ts';
export type { Origin, Peer } from './peer.ts';
export type { PrivacyOptions } from './privacy.ts';
