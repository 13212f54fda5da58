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
    const names = [...new Set(all.map(({ QuotaName: name = '' }) => name))];
    const ofDpus = names.filter((name) => /\bDPUs?\b/i.test(name)).map((name) => quotaOf(name, applied.quotas, lists[1]?.quotas ?? []));
    const onDemand = ofDpus.find(({ name }) => /on.?demand/i.test(name));
    const isComplete = lists.every(({ last }) => !last.failure && !last.value.nextToken);
    const others = ofDpus.length > 0 ? `: ${ofDpus.map(describe).join('; ')}` : '';
    const none = `No: ${ofDpus.length} of ${counted(names.length, 'quota')} for Athena ${ofDpus.length === 1 ? 'is' : 'are'} about DPUs${others}.`;
    return answerFromCalls(redactor, {
      asked: lists.map(({ operation, calls }) => ({ operation, calls })),
      failures,
      verdict: onDemand ? `Yes: ${describe(onDemand)}.` : isComplete ? none : refusalOf(lists),
      nothing: 'not all pages were read, and the others have no such quota',
      evidence: ofDpus.map(({ name, code, value, byDefault, adjustable }): Row => (
        { quota: name, code, value: value ?? 'not set', default: byDefault ?? 'unknown', adjustable: adjustable ? 'yes' : 'no' }
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

function quotaOf(name: string, applied: readonly Quota[], defaults: readonly Quota[]) {
  const [ofAccount, byDefault] = [applied, defaults].map((quotas) => quotas.find(({ QuotaName }) => QuotaName === name));
  const { QuotaCode: code, Adjustable: adjustable } = (ofAccount ?? byDefault)!;
  return { name, code, value: ofAccount?.Value, byDefault: byDefault?.Value, adjustable };
}

/** Such as `"On-Demand DPUs" is 4 (default 4, not adjustable)`. */
function describe({ name, value, byDefault, adjustable }: ReturnType<typeof quotaOf>): string {
  return `"${name}" is ${value ?? byDefault} (${value === undefined ? 'the default' : `default ${byDefault ?? 'unknown'}`}, ${adjustable ? '' : 'not '}adjustable)`;
}

function refusalOf(lists: readonly Quotas[]): string | undefined {
  const refusals = lists.flatMap(({ last }) => last.failure?.kind === 'refused' ? [last.failure.code] : []);
  return refusals.length === lists.length ? `No: Service Quotas answers ${refusals[0]}.` : undefined;
}
