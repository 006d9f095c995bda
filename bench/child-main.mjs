// What runs in the processes that child.mjs starts.
let subject;

process.on('disconnect', () => process.exit());

process.on('message', async ({ module, method, args }) => {
  try {
    if (module !== undefined) {
      const loaded = await import(new URL(module, import.meta.url).href);
      subject = await loaded.subject(...args);
      process.send?.({});
    } else {
      process.send?.({ result: await subject[method](...args) });
    }
  } catch (cause) {
    process.send?.({ error: cause instanceof Error ? cause.stack : String(cause) });
  }
});
