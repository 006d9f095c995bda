import { Service } from '@streamgate/analytics';

new Service();
console.log('created');
