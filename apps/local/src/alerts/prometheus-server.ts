import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child, eventually, freePorts, type Platform, SERVICES } from '@ringback/testbed';
import { stringify } from 'yaml';
import { z } from 'zod';

const alertsSchema = z.object({
  data: z.object({
    alerts: z.array(z.object({ labels: z.record(z.string(), z.string()), state: z.enum(['pending', 'firing', 'inactive']) })),
  }),
});

/** A real Prometheus that watches a running system, once a second. */
export class PrometheusServer {
  private constructor(
    private readonly child: Child,
    readonly url: string,
  ) {}

  /** @param program path of `prometheus` @param rules text of a rules file @param folder for its data and its log */
  static async start(o: { program: string; rules: string; platform: Platform; folder: string }): Promise<PrometheusServer> {
    mkdirSync(o.folder, { recursive: true });
    const [port] = await freePorts(1);
    const address = `127.0.0.1:${port}`;
    writeFileSync(join(o.folder, 'rules.yaml'), o.rules);
    writeFileSync(join(o.folder, 'prometheus.yaml'), stringify(configuration(o.platform)));
    const args = [
      `--config.file=${join(o.folder, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(o.folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=warn',
    ];
    const child = Child.start({ name: 'prometheus', command: o.program, args, logPath: join(o.folder, 'prometheus.log'), guard: 0 });
    const server = new PrometheusServer(child, `http://${address}`);
    await eventually(async () => (await fetch(`${server.url}/-/ready`)).ok);
    return server;
  }

  /** @returns the labels of the alerts that fire now; `alertname` is one. */
  async firing(): Promise<readonly Readonly<Record<string, string>>[]> {
    const answer = await fetch(`${this.url}/api/v1/alerts`, { signal: AbortSignal.timeout(5_000) });
    const { alerts } = alertsSchema.parse(await answer.json()).data;
    return alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels);
  }

  async stop(): Promise<void> {
    await this.child.stop();
  }
}

function configuration(platform: Platform): object {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yaml'],
    scrape_configs: SERVICES.map((service) => ({
      job_name: service,
      static_configs: [{ targets: [new URL(platform.service(service).url).host], labels: { service } }],
      ...(service === 'gateway' ? { authorization: { credentials: platform.bootstrapApiKey } } : {}),
    })),
  };
}
