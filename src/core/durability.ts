import { findingsOf } from './doctor-finding.ts';
import type { Finding } from './doctor-finding.ts';

/** What decides whether a restart that was sent can be forgotten; null: Redis does not say. */
export interface DurabilityFacts {
  readonly appendOnly: boolean | null;
  readonly appendFsync: string | null;
  /** Replicas of Redis that are connected. */
  readonly connectedReplicas: number | null;
  /** `redis.confirmReplicas`. */
  readonly confirmReplicas: number;
}

const redis = findingsOf('Redis');

/** What a crash of Redis, or a failover to a replica, could lose; told by `doctor` and at the start. */
export function durabilityFindings(facts: DurabilityFacts): readonly Finding[] {
  return [persistenceFinding(facts), ...replicaFindings(facts)];
}

const PERSISTENCE_FIX = 'appendonly yes and appendfsync always in redis.conf';

function persistenceFinding({ appendOnly, appendFsync }: DurabilityFacts): Finding {
  if (appendOnly === null)
    return redis.warn('whether it keeps writes on disk cannot be seen', { fix: PERSISTENCE_FIX });
  if (!appendOnly)
    return redis.warn(
      'it keeps no log of writes: a crash loses everything since the last snapshot, sent restarts included',
      {
        evidence: 'appendonly no',
        fix: PERSISTENCE_FIX,
      },
    );
  if (appendFsync === 'always')
    return redis.ok('every write is on disk before it counts', { evidence: 'appendfsync always' });
  const risk =
    appendFsync === 'everysec'
      ? 'a crash of the machine loses about the last second: a restart sent in it could be sent again'
      : 'a crash of the machine loses what the system had not written yet, sent restarts included';
  return redis.warn(risk, { evidence: `appendfsync ${appendFsync ?? 'unknown'}`, fix: PERSISTENCE_FIX });
}

function replicaFindings({ connectedReplicas: there, confirmReplicas: wanted }: DurabilityFacts): readonly Finding[] {
  if (there === null)
    return wanted === 0
      ? []
      : [redis.warn(`whether it has the ${wanted} replicas that redis.confirmReplicas asks for cannot be seen`)];
  const evidence = `connected_slaves:${there}, redis.confirmReplicas: ${wanted}`;
  if (there < wanted)
    return [
      redis.fail(`each restart waits for ${wanted} replicas of Redis and there are ${there}: nothing is sent`, {
        evidence,
        fix: 'start the replicas, or lower redis.confirmReplicas',
      }),
    ];
  if (there > wanted)
    return [
      redis.warn('a failover to a replica that lags behind loses the last restarts that were sent', {
        evidence,
        fix: `redis.confirmReplicas: ${there}, so that every replica has the intent of a restart before it is sent`,
      }),
    ];
  return wanted === 0 ? [] : [redis.ok('its replicas confirm each intent before a restart is sent', { evidence })];
}
