import type { PacedAws, QuotasPage } from '../aws';
import { type Attempt, attempt } from '../inquiry';
import { answerFromCalls, counted, type Question, type Row } from '../question';

const MAX_PAGES = 5;

type Quota = QuotasPage['quotas'][number];

interface Quotas {
  readonly operation: string;
  readonly quotas: readonly Quota[];
  readonly calls: number;
  readonly last: Attempt<QuotasPage>;
}

export const dpuQuota: Question = {
  id: 'dpu-quota',
  text: 'Does Service Quotas know the quota for On-Demand DPUs, and what is its value?',
  answer: async (_, redactor, { aws }) => {
    const applied = await read(aws, 'applied');
    const lists = applied.last.failure?.isFatal ? [applied] : [applied, await read(aws, 'default')];
    const failures = lists.flatMap(({ last }) => last.failure && last.failure.kind !== 'refused' ? [last.failure] : []);
    const all = lists.flatMap(({ quotas }) => quotas);
    const codes = [...new Set(all.map(codeOf))]; // names may not be unique
    const quotas = codes.map((code) => quotaOf(code, applied.quotas, lists[1]?.quotas ?? []));
    const ofDpus = quotas.filter(({ name }) => /\bDPUs?\b|data processing unit/i.test(name));
    const onDemand = ofDpus.filter(({ name }) => /on.?demand/i.test(name));
    const [isAppliedComplete, isComplete] = [isReadToEnd(applied), lists.every(isReadToEnd)];
    const describeAll = (some: typeof ofDpus) => some.map((quota) => describe(quota, isAppliedComplete)).join('; ');
    const others = ofDpus.length > 0 ? `: ${describeAll(ofDpus)}` : '';
    const none = `No: ${ofDpus.length} of ${counted(quotas.length, 'quota')} for Athena ${ofDpus.length === 1 ? 'is' : 'are'} about DPUs${others}.`;
    return answerFromCalls(redactor, {
      asked: lists.map(({ operation, calls }) => ({ operation, calls })),
      failures,
      verdict: onDemand.length > 0 ? `Yes: ${describeAll(onDemand)}.` : isComplete ? none : refusalOf(lists),
      nothing: 'not all pages were read, and the others have no such quota',
      evidence: ofDpus.map(({ name, code, value, byDefault, adjustable }): Row => (
        { quota: name, code, value: value ?? (isAppliedComplete ? 'none' : 'unknown'), default: byDefault ?? 'unknown', adjustable: adjustable ? 'yes' : 'no' }
      )),
    });
  },
};

async function read(aws: PacedAws, kind: 'applied' | 'default'): Promise<Quotas> {
  const operation = kind === 'applied' ? 'ListServiceQuotas' : 'ListAWSDefaultServiceQuotas';
  const quotas: Quota[] = [];
  let calls = 0;
  let last: Attempt<QuotasPage>;
  do {
    calls++;
    last = await attempt(aws.listQuotas(kind, last!?.value?.nextToken));
    quotas.push(...last.value?.quotas ?? []);
  } while (last.value?.nextToken && calls < MAX_PAGES);
  return { operation, quotas, calls, last };
}

function isReadToEnd({ last }: Quotas): boolean {
  return !last.failure && !last.value.nextToken;
}

function codeOf({ QuotaCode: code, QuotaName: name = '' }: Quota): string {
  return code ?? name;
}

function quotaOf(code: string, applied: readonly Quota[], defaults: readonly Quota[]) {
  const [ofAccount, byDefault] = [applied, defaults].map((quotas) => quotas.find((quota) => codeOf(quota) === code));
  const { QuotaName: name = '', Adjustable: adjustable } = (ofAccount ?? byDefault)!;
  return { name, code, value: ofAccount?.Value, byDefault: byDefault?.Value as number | string | undefined, adjustable };
}

/** Such as `"On-Demand DPUs" is 4 (default 4, not adjustable)`. A default says nothing about the account: AWS may have raised the quota. */
function describe({ name, value, byDefault = 'unknown', adjustable }: ReturnType<typeof quotaOf>, isAppliedComplete: boolean): string {
  const change = `${adjustable ? '' : 'not '}adjustable`;
  return value !== undefined
    ? `"${name}" is ${value} (default ${byDefault}, ${change})`
    : `"${name}" is ${byDefault} by default; ${isAppliedComplete ? 'Service Quotas has no value of the account' : 'the value of the account is unknown'} (${change})`;
}

function refusalOf(lists: readonly Quotas[]): string | undefined {
  const refusals = lists.flatMap(({ last }) => last.failure?.kind === 'refused' ? [last.failure.code] : []);
  return refusals.length === lists.length ? `No: Service Quotas answers ${refusals[0]}.` : undefined;
}
