import { JobWatch, Registry } from './index.js';

it('a job counts its turns, and tells since when it has not succeeded, from the start on', async () => {
  const registry = new Registry();
  const clock = { nowMs: 1_000_000 };
  const jobs = new JobWatch(registry, () => clock.nowMs);
  const shown = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('ringback_'));
  jobs.expect('retention');
  expect(await shown()).toEqual([
    'ringback_job_turns_total{name="retention",result="succeeded"} 0',
    'ringback_job_turns_total{name="retention",result="failed"} 0',
    'ringback_job_last_success_timestamp_seconds{name="retention"} 1000',
  ]);
  clock.nowMs = 2_000_000;
  jobs.failed('retention');
  expect(await shown()).toContain('ringback_job_last_success_timestamp_seconds{name="retention"} 1000');
  jobs.succeeded('retention');
  expect(await shown()).toEqual([
    'ringback_job_turns_total{name="retention",result="succeeded"} 1',
    'ringback_job_turns_total{name="retention",result="failed"} 1',
    'ringback_job_last_success_timestamp_seconds{name="retention"} 2000',
  ]);
});
