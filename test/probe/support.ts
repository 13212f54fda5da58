import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { Aws } from '../../probe/aws';
import { Pace } from '../../probe/pace';
import { probe, type ProbeOptions } from '../../probe/probe';
import type { Answer } from '../../probe/question';
import type { Result } from '../../probe/report';
import { type Athena, type AthenaOptions, type FixedSession, startAthena } from '../../rehearsal/athena';

export const REGION = 'eu-west-1';
export const ROLE = 'arn:aws:iam::123456789012:role/somebody/probe';
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const NOW = Date.now();
export const SPARK_35 = 'Apache Spark version 3.5';
export const SQL = 'Athena engine version 3';

/** Environment variables that override this machine's configuration. */
export const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: 'PERSON',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_CONFIG_FILE: '/nowhere/config',
  AWS_SHARED_CREDENTIALS_FILE: '/nowhere/credentials',
  AWS_EC2_METADATA_DISABLED: 'true',
};

const SAVED = { ...process.env };
const open: { close(): Promise<void> }[] = [];

beforeEach(() => Object.assign(process.env, ENVIRONMENT));
afterEach(async () => {
  process.env = { ...SAVED };
  await Promise.all(open.splice(0).map((server) => server.close()));
});

export async function simulatedAthena(options: AthenaOptions = {}): Promise<Athena> {
  const athena = await startAthena(options);
  open.push(athena);
  process.env.AWS_ENDPOINT_URL_ATHENA = athena.url;
  return athena;
}

export interface Probed extends Result {
  readonly athena: Athena;
  answer(id: string): Answer;
}

/** Probes a simulated Athena. */
export async function probed(world: AthenaOptions, options: Partial<ProbeOptions> & { readonly rate?: number } = {}): Promise<Probed> {
  const athena = await simulatedAthena(world);
  const pace = new Pace(options.rate ?? 10_000);
  const result = await probe(new Aws(pace, REGION), pace, { region: REGION, maxWorkGroups: 10, maxPages: 20, verbose: false, ...options });
  return { ...result, athena, answer: (id) => result.questions.find((question) => question.id === id)! };
}

export function session(SessionId: string, State: string, status: FixedSession['Status'] = {}): FixedSession {
  return { SessionId, Status: { State, StartDateTime: NOW - 2 * HOUR, LastModifiedDateTime: NOW - HOUR, ...status } };
}

export function sessions(count: number, state: string, status: (index: number) => FixedSession['Status'] = () => ({})): FixedSession[] {
  return Array.from({ length: count }, (_, index) => session(`${state}-${index}`, state, { StartDateTime: NOW - 2 * HOUR - index * HOUR, ...status(index) }));
}

/** A call of STS's AssumeRole. */
export interface Assumption {
  readonly roleArn: string;
  readonly policy: string;
  readonly seconds: number;
  readonly accessKeyId?: string;
}

export interface Sts {
  readonly url: string;
  readonly assumptions: Assumption[];
}

/** A simulated STS, which returns credentials of a role, or refuses. */
export async function simulatedSts({ onAssume = () => {}, refusal }: { onAssume?: () => void; refusal?: string } = {}): Promise<Sts> {
  const assumptions: Assumption[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => body += chunk).on('end', () => {
      const form = new URLSearchParams(body);
      assumptions.push({
        roleArn: form.get('RoleArn')!,
        policy: form.get('Policy')!,
        seconds: Number(form.get('DurationSeconds')),
        accessKeyId: /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1],
      });
      onAssume();
      const isAssumeRole = form.get('Action') === 'AssumeRole' && refusal === undefined;
      response.writeHead(isAssumeRole ? 200 : 403, { 'content-type': 'text/xml' });
      response.end(isAssumeRole
        ? `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
          <AccessKeyId>ASSUMED</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>
          </Credentials></AssumeRoleResult></AssumeRoleResponse>`
        : `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>${refusal}</Message></Error></ErrorResponse>`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env.AWS_ENDPOINT_URL_STS = url;
  return { url, assumptions };
}
