export { type DescribeForecasterOptions, describeForecaster, type TestRunner } from './describe-forecaster.ts';
