// A process of its own for each measurement: a heap without the others' garbage, functions compiled for one caller.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('child-main.mjs', import.meta.url));

/**
 * Starts a process that makes the object which `module` exports as `subject(...args)`. `ask(method, ...args)` calls one of
 * its methods there; `end()` stops the process.
 */
export async function startChild(module, args = [], flags = []) {
  const execArgv = ['--expose-gc', '--max-old-space-size=8192', ...flags];
  const child = fork(MAIN, { execArgv, serialization: 'advanced' });
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`child of ${module} ended with ${code}`);
  });
  // Asked for only while an answer is awaited.
  gone.catch(() => {});
  const call = async (request) => {
    const answer = once(child, 'message');
    child.send(request);
    const [{ error, result }] = await Promise.race([answer, gone]);
    if (error !== undefined) throw new Error(`${module} ${JSON.stringify(args)}: ${error}`);
    return result;
  };
  await call({ module, args });
  return {
    ask: (method, ...given) => call({ method, args: given }),
    end: () => {
      child.disconnect();
      return once(child, 'exit');
    },
  };
}

/** Starts a process, asks it one thing and ends it. */
export async function askChild(module, args, method, flags) {
  const child = await startChild(module, args, flags);
  const result = await child.ask(method);
  await child.end();
  return result;
}
