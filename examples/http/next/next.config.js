// Left as they are, since they load what they need while they run.
module.exports = { serverExternalPackages: ['@streamgate/analytics', 'hono', '@hono/zod-openapi', 'zod'] };
