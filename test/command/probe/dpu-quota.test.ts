import { probed, probedByBundle, type Quota, type QuotasOptions, session } from './support';

const ID = 'dpu-quota';
const PYSPARK: Quota = { name: 'Apache Spark DPU concurrency', code: 'L-5A8D5237', value: 160 };
const ON_DEMAND: Quota = { name: 'On-Demand DPUs', code: 'L-0D', value: 4 };
const OTHER: Quota = { name: 'Active DML queries', code: 'L-2', value: 200, adjustable: true };
const ask = async (quotas?: QuotasOptions) => (await probed({ quotas })).answer(ID);

test('reports the applied value of the quota, and its default', async () => {
  expect(await ask({ applied: [{ ...ON_DEMAND, value: 32 }, OTHER], defaults: [PYSPARK, OTHER, ON_DEMAND] })).toMatchObject({
    outcome: 'answered',
    verdict: 'Yes: "On-Demand DPUs" is 32 (default 4, not adjustable).',
    evidence: [
      { quota: 'On-Demand DPUs', code: 'L-0D', value: 32, default: 4, adjustable: 'no' },
      { quota: 'Apache Spark DPU concurrency', code: 'L-5A8D5237', value: 'none', default: 160, adjustable: 'no' },
    ],
    asked: [{ operation: 'ListServiceQuotas', calls: 1 }, { operation: 'ListAWSDefaultServiceQuotas', calls: 1 }],
  });
});

test('reports the default if no value is applied', async () => {
  expect((await ask({ applied: [], defaults: [{ ...ON_DEMAND, adjustable: true }] })).verdict).toBe('Yes: "On-Demand DPUs" is 4 by default; Service Quotas has no value of the account (adjustable).');
});

test('reports an applied value without a default', async () => {
  expect((await ask({ applied: [ON_DEMAND], defaults: [] })).verdict).toBe('Yes: "On-Demand DPUs" is 4 (default unknown, not adjustable).');
});

test('reports that there is no such quota, and the others about DPUs', async () => {
  expect((await ask({ applied: [PYSPARK, OTHER] })).verdict)
    .toBe('No: 1 of 2 quotas for Athena is about DPUs: "Apache Spark DPU concurrency" is 160 (default 160, not adjustable).');
  expect(await ask({ applied: [OTHER] })).toMatchObject({ outcome: 'answered', verdict: 'No: 0 of 1 quota for Athena are about DPUs.', evidence: [] });
});

test('tells quotas of the same name apart', async () => {
  const lists = { applied: [{ ...ON_DEMAND, value: 16 }, { ...ON_DEMAND, code: 'L-0E', value: 99 }], defaults: [{ ...ON_DEMAND, code: 'L-0E', value: 9 }, ON_DEMAND] };
  expect((await ask(lists)).verdict).toBe('Yes: "On-Demand DPUs" is 16 (default 4, not adjustable); "On-Demand DPUs" is 99 (default 9, not adjustable).');
});

test('knows the full name of DPUs', async () => {
  expect((await ask({ applied: [{ ...ON_DEMAND, name: 'On-demand data processing units' }] })).verdict).toMatch(/^Yes: "On-demand data processing units" is 4 /);
});

test('reads all pages', async () => {
  const { answer, quotas } = await probed({ quotas: { applied: [OTHER, PYSPARK, ON_DEMAND], pageSize: 1 } });
  expect(answer(ID).verdict).toBe('Yes: "On-Demand DPUs" is 4 (default 4, not adjustable).');
  expect(quotas.operations).toEqual([...Array(3).fill('ListServiceQuotas'), ...Array(3).fill('ListAWSDefaultServiceQuotas')]);
});

test('reads five pages at most', async () => {
  const { answer, quotas } = await probed({ quotas: { applied: [...Array(9).fill(OTHER), ON_DEMAND], pageSize: 1 } });
  expect(answer(ID)).toMatchObject({ outcome: 'no data', verdict: 'No data: not all pages were read, and the others have no such quota.' });
  expect(quotas.operations).toHaveLength(10);
});

const denied = { code: 'AccessDeniedException', message: 'User: arn:aws:iam::123456789012:user/alice is not authorized' };

test('is an error if both calls are denied, and no other question is', async () => {
  const { answer, questions } = await probed({ workGroups: { analytics: { sessions: [session('a', 'IDLE')] } }, quotas: { errors: { ListServiceQuotas: denied, ListAWSDefaultServiceQuotas: denied } } });
  expect(answer(ID)).toMatchObject({
    outcome: 'error', verdict: 'No answer. 2 of 2 calls denied (AccessDeniedException: User: <arn> is not authorized). A permission is missing, or a policy denies it.',
  });
  expect(questions.filter(({ outcome }) => outcome === 'error').map(({ id }) => id)).toEqual([ID]);
});

test('answers from the other list if one is denied', async () => {
  expect(await ask({ applied: [ON_DEMAND], errors: { ListServiceQuotas: denied } }))
    .toMatchObject({ outcome: 'answered', verdict: expect.stringMatching(/^Yes: "On-Demand DPUs" is 4 by default; the value of the account is unknown \(not adjustable\)\. 1 of 2 calls denied/) });
  expect(await ask({ applied: [PYSPARK], errors: { ListServiceQuotas: denied } })).toMatchObject({ outcome: 'error', verdict: expect.stringMatching(/^No answer\. 1 of 2 calls denied/) });
});

test('reports that Service Quotas does not know Athena', async () => {
  const unknown = { code: 'NoSuchResourceException', message: 'The request failed because the specified service does not exist.' };
  expect(await ask({ errors: { ListServiceQuotas: unknown, ListAWSDefaultServiceQuotas: unknown } }))
    .toMatchObject({ outcome: 'answered', verdict: 'No: Service Quotas answers NoSuchResourceException.' });
});

test('is an error if throttled', async () => {
  const throttled = { code: 'TooManyRequestsException', message: 'Slow down' };
  const { answer, quotas } = await probed({ quotas: { errors: { ListServiceQuotas: throttled, ListAWSDefaultServiceQuotas: throttled } } });
  expect(answer(ID)).toMatchObject({ outcome: 'error', verdict: 'No answer. 2 of 2 calls failed (TooManyRequestsException: Slow down).' });
  expect(quotas.operations).toHaveLength(12); // six attempts each
});

test('is an error if Service Quotas cannot be reached, and no other question is', async () => {
  const { code, stdout } = await probedByBundle({}, ['--json'], { AWS_ENDPOINT_URL_SERVICE_QUOTAS: 'http://127.0.0.1:9' });
  expect(code).toBe(1);
  const { questions } = JSON.parse(stdout);
  expect(questions.filter(({ outcome }: { outcome: string }) => outcome === 'error')).toEqual([
    expect.objectContaining({ id: ID, verdict: expect.stringMatching(/^No answer\. 1 of 1 call failed \(ECONNREFUSED: /), asked: [{ operation: 'ListServiceQuotas', calls: 1 }] }),
  ]);
});
