import { GUARD_STATES } from '../../sql/server-check';

/** A statement of a block: stops it if the condition holds. `reason` is an expression. */
export function refuse(kind: keyof typeof GUARD_STATES, when: string, reason: string): string {
  return `if ${when} then
    raise exception using errcode = '${GUARD_STATES[kind]}', message = ${reason};
  end if;`;
}
