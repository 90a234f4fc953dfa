import type { StatusView } from '../../core/status-view.ts';
import type { SimulatorControl, Truth } from '../../simulator/simulator.ts';
import type { Outage } from './demo-plan.ts';
import { isCaNamed } from './facts.ts';

/** The story of the dead CA, told by what was reached and not by the clock, so that a slow machine shows the same. */
export interface OutageDirector {
  direct(status: StatusView, nowMs: number): void;
  readonly isOver: boolean;
}

export function createOutageDirector(
  { ca, seconds, person }: Outage,
  control: Pick<SimulatorControl, 'setCa' | 'act' | 'truth'>,
  tell: (text: string) => void,
): OutageDirector {
  let stage: 'before' | 'dead' | 'visited' | 'over' = 'before';
  let beganAt = 0;
  return {
    get isOver() {
      return stage === 'over';
    },
    direct: (status, nowMs) => {
      const elapsed = (nowMs - beganAt) / 1000;
      if (stage === 'before' && wasGood(status, ca)) {
        control.setCa(ca, { up: false });
        beganAt = nowMs;
        stage = 'dead';
        tell(`${ca} dies now`);
      } else if (stage === 'dead' && elapsed >= person.seconds) {
        const waiting = control.truth().instances.find((one) => isWaiting(one, ca));
        if (waiting) control.act({ do: 'restart', who: person.who, instance: waiting.id });
        stage = 'visited';
        if (waiting) tell(`${person.who} restarts ${waiting.id} by hand, into the dead CA`);
      } else if (stage === 'visited' && elapsed >= seconds) {
        control.setCa(ca, { up: true });
        stage = 'over';
        tell(`${ca} is back`);
      }
    },
  };
}

/** Failed before the demonstration began, and not restarted by anybody since. */
function isWaiting({ status, origin, ca }: Truth['instances'][number], outageCa: string): boolean {
  return status === 'Failed' && origin === 'seed' && isCaNamed(ca, outageCa);
}

/** A test that was never good has no vote: the CA may die only after one. */
function wasGood({ dependencies }: StatusView, ca: string): boolean {
  return dependencies.some(({ name, lastGoodAt }) => isCaNamed(name, ca) && lastGoodAt !== null);
}
