import { CallError, type Caller, type PacedAws, type SessionFacts } from './aws';

/** The result of a call: what it returned, or why it failed. */
export type Attempt<Value> = { readonly value: Value; readonly failure?: undefined } | { readonly value?: undefined; readonly failure: CallError };

export async function attempt<Value>(call: Promise<Value>): Promise<Attempt<Value>> {
  try {
    return { value: await call };
  } catch (error) {
    if (error instanceof CallError) {
      return { failure: error };
    }
    throw error;
  }
}

/** A session as `GetSession` returned it, and when, by the clock of AWS. */
export interface ReadSession {
  readonly facts: SessionFacts;
  readonly readAt: Date;
}

export interface InquiryOptions {
  readonly roleArn?: string;
  /** In seconds. */
  readonly watch?: number;
  readonly onProgress: (text: string) => void;
}

/** What questions ask beyond the survey. What several questions need is asked for once. */
export class Inquiry {
  private readonly sessions = new Map<string, Promise<Attempt<ReadSession>>>();
  private knownCaller?: Promise<Attempt<Caller>>;

  public constructor(public readonly aws: PacedAws, public readonly options: InquiryOptions) {}

  public async session(id: string): Promise<Attempt<ReadSession>> {
    const read = this.sessions.get(id) ?? attempt(this.aws.getSession(id).then((facts) => ({ facts, readAt: this.aws.awsTime() })));
    this.sessions.set(id, read);
    return read;
  }

  /** The figures of the sessions that can be read, and why the others cannot. A session may have none. */
  public async figures<Session extends { readonly id: string }, Figure>(
    sessions: readonly Session[], figuresOf: (session: Session, read: ReadSession) => Figure[],
  ): Promise<{ readonly figures: Figure[]; readonly failures: CallError[] }> {
    const figures: Figure[] = [];
    const failures: CallError[] = [];
    for (const session of sessions) {
      const { value, failure } = await this.session(session.id);
      failures.push(...failure ? [failure] : []);
      figures.push(...value ? figuresOf(session, value) : []);
    }
    return { figures, failures };
  }

  public async caller(): Promise<Attempt<Caller>> {
    return this.knownCaller ??= attempt(this.aws.caller());
  }

  /** Makes a call with the permissions of the role, restricted by the policy. */
  public async assumeRole(
    roleArn: string, policy: string, call: (aws: PacedAws) => Promise<unknown>,
  ): Promise<{ readonly isAssumed: boolean; readonly failure?: CallError }> {
    const { value: asRole, failure } = await attempt(this.aws.assumeRole(roleArn, policy));
    if (!asRole) {
      return { isAssumed: false, failure };
    }
    try {
      return { isAssumed: true, failure: (await attempt(call(asRole))).failure };
    } finally {
      asRole.destroy();
    }
  }
}
