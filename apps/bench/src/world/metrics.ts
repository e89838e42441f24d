import { eventually, type ServiceProcess } from '@ringback/testbed';

/** @returns the value of a metric without labels, as `/metrics` shows it; NaN when it is not there. */
export async function metric(service: ServiceProcess, name: string): Promise<number> {
  const answer = await fetch(`${service.url}/metrics`, { signal: AbortSignal.timeout(5_000) });
  const line = (await answer.text()).split('\n').find((line) => line.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? Number.NaN);
}

/** Waits until a dispatcher is ready and has read the configuration up to a revision. */
export async function hasRead(dispatcher: ServiceProcess, revision: number, timeoutMs: number): Promise<void> {
  await eventually(
    async () => (await dispatcher.isReady()) && (await metric(dispatcher, 'ringback_dispatcher_configuration_revision')) >= revision,
    { timeoutMs, intervalMs: 100 },
  );
}
