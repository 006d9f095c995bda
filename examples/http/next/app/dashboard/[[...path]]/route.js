import { handler } from '../../analytics.js';

export { handler as GET };
