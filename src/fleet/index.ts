export {
  type ClusterSource,
  Fleet,
  type FleetOptions,
  gatherFleet,
  type MergeTarget,
  type NodeSource,
  type NodeStatus,
} from './fleet.ts';
export { FleetNode, type FleetNodeOptions, type FleetNodeStats, joinFleet } from './fleet-node.ts';
