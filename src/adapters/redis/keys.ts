/** Every key name of ours. BullMQ's are under `<prefix>:queue`. */
export function createKeys(prefix: string) {
  const key = (kind: string, ...of: readonly string[]): string =>
    of.length === 0 ? `${prefix}:${kind}` : `${prefix}:${kind}:${of.join(':')}`;
  return {
    /** Text: identity of the store's contents. A change of it means that everything was lost. */
    epoch: key('epoch'),
    /** Number: rises with every commit. A fall means that commits were lost. */
    sequence: key('sequence'),
    /** Hash `doc`, `version`: one remediation. */
    remediation: (root: string) => key('remediation', root),
    /** Hash: instance id to root, as long as that one is on the list or archived. */
    instances: key('instances'),
    /** Hash: ReferenceId to root. */
    references: key('references'),
    /** Sorted set by firstSeenAt (ended: endedAt): the roots in a phase. */
    phase: (phase: string) => key('phase', phase),
    /** Hash: outcome to count. */
    outcomes: key('outcomes'),
    /** Hash: root to an ended remediation that has left the list; sorted set by endedAt: the same roots. */
    archive: key('archive'),
    archived: key('archived'),
    /** Sorted set by time: the roots with a next step. */
    due: key('due'),
    /** Sorted set by time: the roots whose search waits for a look begun then or later. */
    looking: key('looking'),
    /** Hash: root to alert key. */
    alertKeys: key('alert-keys'),
    /** Hash: instance id to intent. */
    intents: key('intents'),
    /** Hash: instance id to `<fence>:<state>`. */
    intentStates: key('intent-states'),
    /** Hash: instance id to the fence of an accepted restart that another one had replaced, or `person`. */
    replaced: key('replaced'),
    /** Sorted set by opening time: intents whose search is not over. */
    unsettled: key('unsettled'),
    /** Text: the instance whose restart holds this request key. */
    claim: (requestKey: string) => key('claim', requestKey),
    /** Sorted sets by expiry: open POSTs. */
    slots: key('slots'),
    caSlots: (ca: string) => key('slots', 'ca', ca.toLowerCase()),
    /** Numbers: when the next restart may go. */
    pace: key('pace'),
    caPace: (ca: string) => key('pace', 'ca', ca.toLowerCase()),
    /** Hash: process to the sequence of its last commit. */
    marks: key('marks'),
    /** What is void in a new epoch: what was watched and proved. */
    watched: [key('ledger', 'feed'), key('ledger', 'proof')],
    /** Hash `doc`, `generation`: one dependency. */
    gate: (name: string) => key('gate', name),
    /** Sorted set by expiry: restarts without a verdict, and room kept for waiters that were called. */
    flight: (name: string) => key('flight', name),
    /** Sorted set by urgency, and hash root to waiter: a waiting room. */
    room: (name: string) => key('room', name),
    waiters: (name: string) => key('waiters', name),
    /** Sorted set: names of gates; names of rooms that were ever used. */
    gates: key('gates'),
    rooms: key('rooms'),
    /** Hash: instance id to sighting. */
    sightings: key('sightings'),
    /** Number: the last sighting number given out. */
    sightingMark: key('sighting-mark'),
    /** Sorted sets by sighting number (all: by LastModified). */
    sightingsByChange: key('sightings-by-change'),
    sightingsOf: (definitionId: string) => key('sightings-of', definitionId),
    sightingsTitled: (titleHash: string) => key('sightings-titled', titleHash),
    sightingsWished: (requestKey: string) => key('sightings-wished', requestKey),
    /** Hash `doc`: one document of the ledger. */
    ledger: (name: string) => key('ledger', name),
    pause: key('pause'),
    brake: key('brake'),
    /** Number: when a person last ended the pause and the brake. */
    resumedAt: key('resumed-at'),
    /** Text: why and since when Command's own gate is shut. */
    commandShut: key('command-shut'),
    /** Sorted set by last beat. */
    replicas: key('replicas'),
    /** Number: when the next request to Command may go. */
    budget: key('budget'),
    /** Number: Command asked to be left alone until then. */
    budgetHold: key('budget-hold'),
  };
}

export type Keys = ReturnType<typeof createKeys>;
