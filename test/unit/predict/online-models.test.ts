import { ONLINE_MODELS } from '../../../src/predict/online-models.ts';
import { describeForecaster } from './describe-forecaster.ts';

for (const model of ONLINE_MODELS) describeForecaster(model);
