import { describeDetector } from './describe-detector.ts';

describeDetector('adaptive');
describeDetector('zscore');
