import { findingsOf } from './doctor-finding.ts';
import type { Finding } from './doctor-finding.ts';
import type { InstanceRow } from './instance.ts';

/** What was learned of the server's dialect (the `CommandDialect` of the ports). */
export interface DialectFacts {
  readonly productVersion: string | null;
  readonly parameters: '10' | '11' | 'unknown';
  readonly statusForm: 'name' | 'int' | 'unknown';
  readonly statusMap: Readonly<Record<string, number | undefined>>;
  readonly isFailedKnown: boolean;
  readonly contraryFailed: { readonly name: string; readonly integer: number } | null;
  readonly contraryParameters: '10' | '11' | null;
  readonly sortFields: Readonly<Record<'lastModified' | 'startDate', string | null>>;
  readonly dateLiterals: 'full' | 'day' | 'none' | 'unknown';
  readonly zoneOffsetMs: number | null;
  readonly hasTotalCount: boolean | null;
  readonly evidence: readonly string[];
}

/** What the rows of a few pages showed. */
export interface ListFacts {
  readonly rows: readonly InstanceRow[];
  readonly isOrdered: boolean;
  readonly total: number | null;
  readonly pageSize: number;
  /** Rows on the first page. */
  readonly received: number;
  readonly isLast: boolean;
}

const dialect = findingsOf('dialect');

export function dialectFindings(facts: DialectFacts, list: ListFacts | null): readonly Finding[] {
  return [
    versionFinding(facts),
    parametersFinding(facts),
    ...statusFindings(facts, list?.rows ?? []),
    ...(list === null ? [] : [orderFinding(facts, list), ...countFindings(facts, list)]),
    datesFinding(facts),
    ...zoneFindings(facts),
  ];
}

function evidenceOf({ evidence }: DialectFacts, ...facts: readonly string[]): string | null {
  const lines = evidence.filter((line) => facts.some((fact) => line.startsWith(fact)));
  return lines.length === 0 ? null : lines.join('\n');
}

function versionFinding({ productVersion }: DialectFacts): Finding {
  return productVersion === null
    ? dialect.info('Command does not name its version; what was learned is kept under no version')
    : dialect.ok(`Command ${productVersion}`, { evidence: 'x-keyfactor-product-version' });
}

function parametersFinding(facts: DialectFacts): Finding {
  const evidence = evidenceOf(facts, 'parameters');
  if (facts.contraryParameters !== null)
    return dialect.fail('Command ignores these list parameters: conditions, order and pages have no effect', {
      evidence,
      fix: 'set command.dialect: auto',
    });
  if (facts.parameters === 'unknown')
    return dialect.info('list parameters: both generations are sent, fewer than two instances tell nothing', {
      evidence,
    });
  return dialect.ok(`list parameters: ${facts.parameters === '10' ? '10.x, with pq.' : '11 and newer'}`, { evidence });
}

/** Rows shown for each integer that nobody has named. */
const SAMPLES = 3;

function statusFindings(facts: DialectFacts, rows: readonly InstanceRow[]): readonly Finding[] {
  if (facts.statusForm === 'unknown')
    return [dialect.info('no instance was seen yet: what stands for Failed is learned from the first ones')];
  const evidence = evidenceOf(facts, 'status');
  if (facts.statusForm === 'name') return [dialect.ok('statuses are names on the wire', { evidence })];
  const open = openStatuses(facts, rows);
  if (facts.contraryFailed !== null) return [contraryFailed(facts.contraryFailed, evidence)];
  if (!facts.isFailedKnown && open.length === 0) return [noFailedYet(evidence)];
  if (!facts.isFailedKnown) return [unknownFailed(open), ...open.map(sampleFinding)];
  const map = Object.entries(facts.statusMap).map(([name, integer]) => `${name}: ${integer}`);
  const isProved = facts.evidence.some((line) => line.startsWith('status Failed:'));
  const known = isProved
    ? dialect.ok(`Failed is ${facts.statusMap['Failed']} on the wire {${map.join(', ')}}`, { evidence })
    : givenFailed(facts, rows, evidence);
  if (open.length === 0) return [known];
  const integers = open.map(({ integer }) => integer).join(', ');
  return [
    known,
    dialect.warn(`no name is known for ${integers}: rows with it are followed as still open`, {
      fix: 'look one up in the portal and add it to command.statusMap',
    }),
    ...open.map(sampleFinding),
  ];
}

function contraryFailed(
  { name, integer }: NonNullable<DialectFacts['contraryFailed']>,
  evidence: string | null,
): Finding {
  const text = `command.statusMap and Command disagree on Failed (Command lists ${integer} by the name ${name}), so nothing would be restarted`;
  const another = name === 'Failed' ? `, or set it to ${integer}` : '';
  return dialect.fail(text, { evidence, fix: `take Failed out of command.statusMap${another}` });
}

/** Only the config says it: rows with that integer are shown, so that a person can tell. */
function givenFailed({ statusMap }: DialectFacts, rows: readonly InstanceRow[], evidence: string | null): Finding {
  const failed = String(statusMap['Failed']);
  const found = rows.filter(({ rawStatus }) => rawStatus === failed);
  const samples = found.slice(0, SAMPLES).map(sampleOf);
  const shown = { evidence: [...(evidence === null ? [] : [evidence]), ...samples].join('\n') };
  if (found.length > 0 && found.every(({ statusMessage }) => !statusMessage))
    return dialect.warn(
      `Failed is ${failed} on the wire, says command.statusMap alone; no row with it bears a message`,
      {
        ...shown,
        fix: 'look at these rows in the portal: if they are not Failed there, the wrong ones would be restarted',
      },
    );
  return dialect.ok(`Failed is ${failed} on the wire, says command.statusMap; nothing contradicts it`, shown);
}

interface OpenStatus {
  readonly integer: string;
  readonly rows: readonly InstanceRow[];
}

/** The integers without a name, with the rows that bear them; those that look most like failures first. */
function openStatuses({ statusMap }: DialectFacts, rows: readonly InstanceRow[]): readonly OpenStatus[] {
  const named = new Set(Object.values(statusMap).map(String));
  const groups = Map.groupBy(rows, ({ rawStatus }) => rawStatus);
  return [...groups]
    .filter(([raw]) => /^-?\d+$/.test(raw) && !named.has(raw))
    .map(([integer, found]) => ({ integer, rows: found }))
    .sort((a, b) => shareWithMessage(b) - shareWithMessage(a) || b.rows.length - a.rows.length);
}

function shareWithMessage({ rows }: OpenStatus): number {
  return rows.filter(({ statusMessage }) => statusMessage).length / rows.length;
}

/** Every integer that rows show has another name. */
function noFailedYet(evidence: string | null): Finding {
  const text = 'no Failed instance was seen yet: which integer stands for it is learned from the first one';
  return dialect.info(text, { evidence });
}

function unknownFailed([first]: readonly OpenStatus[]): Finding {
  const example = first && shareWithMessage(first) > 0 ? first.integer : null;
  return dialect.fail('which integer stands for Failed is not known: nothing would be restarted', {
    evidence: 'conditions with the name Failed are refused or list nothing',
    fix:
      example === null
        ? 'when a Failed instance is there, look at its integer here and set command.statusMap, such as {Failed: 4}'
        : `look at the sample rows in the portal; for the integer whose rows are Failed there set command.statusMap. If that is ${example}, whose rows bear error messages: command.statusMap: {Failed: ${example}}`,
  });
}

function sampleFinding({ integer, rows }: OpenStatus): Finding {
  const samples = rows.slice(0, SAMPLES).map(sampleOf);
  return dialect.info(
    `status ${integer}: ${rows.length} of the rows read; if the portal calls them Failed: command.statusMap: {Failed: ${integer}}`,
    {
      evidence: samples.join('\n'),
    },
  );
}

/** Text of Command's that is shown of one message. */
const MESSAGE_SHOWN = 80;

function sampleOf({ id, referenceId, title, stepName, stepUniqueName, statusMessage }: InstanceRow): string {
  const step = stepName ?? stepUniqueName;
  const said = statusMessage ? `, "${statusMessage.slice(0, MESSAGE_SHOWN)}"` : '';
  return `${id} (workflow id ${referenceId ?? 'unknown'}): ${title ?? 'no title'}${step ? `, step ${step}` : ''}${said}`;
}

function orderFinding(facts: DialectFacts, { isOrdered }: ListFacts): Finding {
  const field = facts.sortFields.lastModified;
  const evidence = evidenceOf(facts, 'sort');
  if (field === 'LastModified' && isOrdered) return dialect.ok('lists come newest change first', { evidence });
  return dialect.warn(
    field === null || !isOrdered
      ? `lists cannot be had newest first (${field === null ? 'refused' : 'the order asked for is not kept'}): each sweep reads all pages of its days`
      : `lists are sorted by ${field}, not by last change: sweeps read more pages`,
    { evidence },
  );
}

function totalFinding(hasTotalCount: boolean | null, total: number | null): Finding {
  if (hasTotalCount === null)
    return dialect.info('whether lists count all their rows (x-total-count) is told by the first one of several pages');
  if (!hasTotalCount)
    return dialect.info('lists do not count all their rows (no usable x-total-count): one more call ends each list');
  return dialect.ok(total === null ? 'lists count their rows' : `lists count their rows: ${total} instances`);
}

function countFindings({ hasTotalCount }: DialectFacts, list: ListFacts): readonly Finding[] {
  const found: Finding[] = [totalFinding(hasTotalCount, list.total)];
  const isCapped = list.total !== null && !list.isLast && list.received < list.pageSize && list.received > 0;
  if (isCapped)
    found.push(
      dialect.warn(
        `a page brought ${list.received} rows where ${list.pageSize} were asked for: the server caps pages`,
        {
          fix: `set command.pageSize: ${list.received}`,
        },
      ),
    );
  return found;
}

function datesFinding(facts: DialectFacts): Finding {
  const evidence = evidenceOf(facts, 'dateLiterals', 'date');
  if (facts.dateLiterals === 'unknown')
    return dialect.info('how exact dates in conditions may be is not known yet', { evidence });
  if (facts.dateLiterals === 'none')
    return dialect.warn('conditions on dates are refused: lists are longer, rows are filtered here', { evidence });
  const text = facts.dateLiterals === 'full' ? 'take a time' : 'take a day only; rows are filtered here, too';
  return dialect.ok(`conditions on dates ${text}`, { evidence });
}

function zoneFindings(facts: DialectFacts): readonly Finding[] {
  const isZoneless = facts.evidence.some((line) => line.startsWith('dates:') && line.includes('without zone'));
  if (!isZoneless) return [];
  const evidence = evidenceOf(facts, 'zone', 'dates:');
  if (facts.zoneOffsetMs === null)
    return [
      dialect.info(
        'dates carry no zone: taken as UTC until rows that change between two sweeps of the daemon tell it',
        { evidence },
      ),
    ];
  return [dialect.ok(`dates carry no zone; ${facts.zoneOffsetMs / 60_000} min are added to get UTC`, { evidence })];
}
