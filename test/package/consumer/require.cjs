const analytics = require('@streamgate/analytics');
const smoke = require('./smoke.cjs');

smoke(analytics).then(() => console.log('ok'));
