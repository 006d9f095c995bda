module.exports = {
  // Left as they are, since they load what they need while they run.
  serverExternalPackages: ['@streamgate/analytics', 'hono', '@hono/zod-openapi', 'zod'],
  // The page lies at `/dashboard/`, with what it loads beside it; Next would take the slash away.
  skipTrailingSlashRedirect: true,
};
