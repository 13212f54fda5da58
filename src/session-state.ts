/**
 * The states of sessions that have not ended. Those that ended, `FAILED` and `TERMINATED`, are counted by when
 * they ended instead.
 *
 * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
 */
export enum LiveSessionState {
  /** The session is being started, and resources are acquired for it. */
  CREATING = 'CREATING',
  /** The session has been started. */
  CREATED = 'CREATED',
  /** The session accepts calculations, and waits for some. */
  IDLE = 'IDLE',
  /** The session works on another task, and accepts no calculation. */
  BUSY = 'BUSY',
  /** The session is shutting down. */
  TERMINATING = 'TERMINATING',
  /** The session has no healthy coordinators. */
  DEGRADED = 'DEGRADED',
}
