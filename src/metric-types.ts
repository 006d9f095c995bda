import type { MetricDefinition, MetricDefinitions } from './model/metric-kind.ts';
import type { MetricInput } from './model/records.ts';

/** Label pairs that a definition asks for; none where it names none. */
type LabelsOf<D extends MetricDefinition> = D extends { readonly labels: readonly (infer Name extends string)[] }
  ? { readonly labels: Readonly<Record<Name, string>> }
  : { readonly labels?: undefined };

type UnitOf<D extends MetricDefinition> = D extends { readonly unit: infer Unit extends string } ? Unit : string;

/**
 * What `recordMetric` takes: any metric, or, where definitions were given as an option, only the defined ones with the
 * labels and the unit of their definition.
 */
export type DefinedMetricInput<M extends MetricDefinitions> = string extends keyof M
  ? MetricInput
  : {
      [Name in keyof M & string]: Omit<MetricInput, 'metricName' | 'labels' | 'unit'> & {
        readonly metricName: Name;
        readonly unit?: UnitOf<M[Name]> | undefined;
      } & LabelsOf<M[Name]>;
    }[keyof M & string];
