import * as analytics from '@streamgate/analytics';
import smoke from './smoke.cjs';

await smoke(analytics);
console.log('ok');
