import { createRequire } from 'node:module';
import * as imported from '@streamgate/analytics';
import smoke from './smoke.cjs';

const required = createRequire(import.meta.url)('@streamgate/analytics');

await Promise.all([smoke(imported), smoke(required)]);
console.log('ok');
