import type { IncomingHttpHeaders } from 'node:http';
import { TransientError } from '../../core/errors.ts';
import type { Command } from '../../ports/command.ts';
import { isInitiatedByUs } from './initiated-by-us.ts';
import { checkAccess, listEndpoints } from './ask-endpoints.ts';
import { listAuthorities, testAuthority } from './authorities.ts';
import { createAuthorization } from './create-authorization.ts';
import { createConnections } from './connection.ts';
import { readDefinition } from './definitions.ts';
import { DialectState } from './dialect-state.ts';
import { createLearner } from './learn-dialect.ts';
import { listInstances } from './list-instances.ts';
import type { CommandOptions } from './options.ts';
import { createPageCap } from './page-cap.ts';
import { readInstance } from './read-instance.ts';
import { createRenewOnce } from './renew-once.ts';
import { openRestartLine } from './restart-line.ts';
import { toTarget } from './target.ts';
import { createZoneLearner } from './watch-zone.ts';

/** The client of one Keyfactor Command. */
export function createCommandClient(options: CommandOptions): Command {
  const target = toTarget(options.baseUrl, options.apiPath);
  const connections = createConnections(options, target);
  const state = new DialectState(options);
  const authorization = createAuthorization(options);
  const parts = {
    options,
    target,
    connections,
    authorization,
    state,
    onHeaders: (headers: IncomingHttpHeaders) => state.noteHeaders(headers),
  };
  const restarts = { ...parts, restartTimeoutMs: options.restartTimeoutMs, renewOnce: createRenewOnce(authorization) };
  const learner = createLearner({
    ...parts,
    memory: options.memory,
    undatedEveryMs: options.undatedEveryMs,
    now: options.now,
  });
  const lists = {
    ...parts,
    pageSize: options.pageSize,
    cap: createPageCap(),
    watchZone: createZoneLearner(state),
    learn: async (signal: AbortSignal | undefined) => learner.learn(signal),
  };
  /** A Command that was away may come back upgraded. */
  const noticing = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof TransientError && error.retryAfterMs === null) learner.distrustVersion();
      throw error;
    }
  };

  return {
    listInstances: (query, signal, priority = 'sweep') => noticing(listInstances(query, { signal, priority }, lists)),
    readInstance: (id, signal, priority = 'successor') => noticing(readInstance(id, { signal, priority }, parts)),
    openRestartLine: (signal) => noticing(openRestartLine(restarts, signal)),
    listCertificateAuthorities: (signal) => listAuthorities(parts, signal),
    testCertificateAuthority: (ca, timeoutMs, signal) => testAuthority(ca, { timeoutMs, signal }, parts),
    readDefinition: (definitionId, version, signal) => readDefinition({ definitionId, version, signal }, parts),
    checkAccess: (signal) => checkAccess(parts, signal),
    listEndpoints: (signal) => listEndpoints(parts, signal),
    isInitiatedByUs: (newId, oldId, signal) => isInitiatedByUs(newId, oldId, signal, parts),
    learnDialect: async (signal) => {
      await learner.learn(signal);
      return state.view();
    },
    dialect: () => state.view(),
    close: async () => {
      connections.close();
      authorization.close();
    },
  };
}
