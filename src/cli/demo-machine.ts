import { statfs } from 'node:fs/promises';
import { cpus, freemem, totalmem } from 'node:os';
import type { Service } from '../service.ts';

/** Records this computer's CPU, memory and disk, in percent, under the service `machine`. */
export class Machine {
  readonly #analytics: Service;
  #cpu = cpuTimes();

  constructor(analytics: Service) {
    this.#analytics = analytics;
  }

  /** One snapshot; CPU is the mean since the last one. */
  async recordSnapshot(): Promise<void> {
    const before = this.#cpu;
    this.#cpu = cpuTimes();
    const total = this.#cpu.total - before.total;
    const disk = await statfs(process.cwd()).catch(() => undefined);
    this.#analytics.recordMetrics({
      serviceId: 'machine',
      memoryUsage: 100 * (1 - freemem() / totalmem()),
      ...(total > 0 ? { cpuUsage: 100 * (1 - (this.#cpu.idle - before.idle) / total) } : undefined),
      ...(disk === undefined || disk.blocks === 0 ? undefined : { diskUsage: 100 * (1 - disk.bavail / disk.blocks) }),
    });
  }
}

/** Milliseconds of all cores since boot. */
function cpuTimes(): { readonly idle: number; readonly total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idle, total };
}
