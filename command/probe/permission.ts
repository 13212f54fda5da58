import type { PacedAws } from './aws';
import type { Inquiry } from './inquiry';
import { type Answer, answerFromCalls, type Asked, type Row } from './question';
import type { Redactor } from './redactor';
import { policy, type Statement } from './role';

interface Step {
  /** What is in the evidence about the policy. */
  readonly label: Row;
  readonly statements: readonly Statement[];
  /** The verdict if the call is allowed with this policy, and was denied with those before. */
  readonly ifAllowed: string;
}

interface Trial {
  readonly roleArn: string;
  readonly operation: string;
  readonly call: (aws: PacedAws) => Promise<unknown>;
  /** The last one shows whether the role itself has the permission. */
  readonly steps: readonly Step[];
  /** The calls before. */
  readonly asked?: readonly Asked[];
  readonly details?: readonly string[];
}

/** Makes a call with one policy after another, until it is allowed. The role has the permissions that are both its own and the policy's. */
export async function tryPolicies(inquiry: Inquiry, redactor: Redactor, trial: Trial): Promise<Answer> {
  const { roleArn, operation, call, steps, asked = [], details } = trial;
  const evidence: Row[] = [];
  let assumed = 0;
  let verdict: string | undefined;
  let failure;
  for (const { label, statements, ifAllowed } of steps) {
    assumed++;
    const asRole = await inquiry.assumeRole(roleArn, policy(...statements), call);
    failure = asRole.failure;
    if (!asRole.isAssumed) {
      break;
    }
    const isDenied = failure?.kind === 'denied';
    evidence.push({ ...label, [operation]: isDenied ? 'denied' : failure?.code ?? 'allowed' });
    verdict = failure ? undefined : ifAllowed;
    if (!isDenied) {
      break;
    }
  }
  return answerFromCalls(redactor, {
    asked: [...asked, { operation: 'AssumeRole', calls: assumed }, ...evidence.length > 0 ? [{ operation, calls: evidence.length }] : []],
    failures: failure ? [failure] : [],
    verdict,
    nothing: '',
    evidence,
    details,
  });
}
