import { join } from 'node:path';
import { ServiceProcess, WORKSPACE } from '@ringback/testbed';
import type { DispatchersUnderTest } from './dispatchers-under-test.js';
import { SERVICE_TOKEN_SECRET } from './dispatchers-under-test.js';

/** Starts the service as a process of its own, from its build, on a spec's database and topics: one that can be killed. */
export function startDispatcherProcess(
  spec: DispatchersUnderTest,
  name: string,
  env: Record<string, string> = {},
): Promise<ServiceProcess> {
  return ServiceProcess.start({
    app: 'dispatcher-service',
    name,
    env: { ...spec.environment(), SERVICE_TOKEN_SECRET, NODE_ENV: 'production', ...env },
    logFolder: join(WORKSPACE, '.local', 'test-logs', spec.prefix.replace(/\.$/, '')),
  });
}
