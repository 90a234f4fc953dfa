import type { Oddity, PassingAnswer, PassingRequest } from '../support/odd-proxy.ts';

type Row = Record<string, unknown>;

const GUID = /"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"/g;
const LIST = '/Workflow/Instances';

/** What servers might do beyond the knobs of the simulated one, by name. */
export const ODDITIES = {
  'upper-case GUIDs': (answer) => {
    answer.text = answer.text.replace(GUID, (text) => text.toUpperCase());
  },
  'no titles': eachInstance((row) => ({ ...row, Title: null })),
  'no messages': eachInstance((row) => ({ ...row, StatusMessage: null })),
  'no ReferenceId': eachInstance(({ ReferenceId: _number, ...row }) => row),
  'no LastModified': eachInstance((row) => ({ ...row, LastModified: null })),
  'more properties': eachInstance((row) => ({ ...row, Extra: { Of: ['some', null] }, Priority: 3, Id2: 'x' })),
  'statuses as digits in quotes': eachInstance((row) => ({ ...row, Status: String(row['Status']) })),
  'dates with an offset': eachInstance((row) => ({
    ...row,
    StartDate: withOffset(row['StartDate']),
    LastModified: withOffset(row['LastModified']),
  })),
  'dates of a second': eachInstance((row) => ({
    ...row,
    StartDate: ofSecond(row['StartDate']),
    LastModified: ofSecond(row['LastModified']),
  })),
  'rows twice': onList((rows) => [...rows, ...rows.slice(-2)]),
  'rows without an id': onList((rows) =>
    rows.length === 0 ? rows : [...rows, {}, { Id: null, Status: 9 }, { Id: 'nobody' }, null],
  ),
  'rows of unknown status': (answer, request) => {
    const asked = request.search.get('QueryString') ?? '';
    if (isList(answer, request) && !asked.includes('Status'))
      answer.text = JSON.stringify([...rowsOf(answer), STRANGER]);
  },
  'no Date header': (answer) => {
    delete answer.headers['date'];
  },
  'no version header': (answer) => {
    delete answer.headers['x-keyfactor-product-version'];
  },
  'a total of the page': (answer, request) => {
    if (isList(answer, request)) answer.headers['x-total-count'] = String(rowsOf(answer).length);
  },
  'chunks, and the connection closed': (answer) => {
    answer.headers['transfer-encoding'] = 'chunked';
    answer.headers['connection'] = 'close';
  },
  'Restart with 200 and JSON': onRestart((answer) => Object.assign(answer, { status: 200, text: '{"Success":true}' })),
  'Restart with 202': onRestart((answer) => Object.assign(answer, { status: 202 })),
  'Restart with 302': onRestart((answer) => {
    answer.status = 302;
    answer.headers['location'] = '/login';
  }),
  '400 for unknown ids': (answer) => {
    if (answer.status === 404) answer.status = 400;
  },
  '500 for bad conditions': (answer, request) => {
    if (request.method === 'GET' && answer.status === 400) answer.status = 500;
  },
  'no status route': (answer, request) => {
    if (request.path.startsWith('/Status/')) Object.assign(answer, { status: 404, text: '' });
  },
  'a broken status route': (answer, request) => {
    if (request.path.startsWith('/Status/')) Object.assign(answer, { status: 500, text: '<html>' });
  },
  'definitions without a published version': (answer, request) => {
    if (!request.path.startsWith('/Workflow/Definitions') || answer.status !== 200) return;
    const { PublishedVersion: _version, IsPublished: _is, ...definition } = JSON.parse(answer.text) as Row;
    answer.text = JSON.stringify(definition);
  },
  'no definitions': (answer, request) => {
    if (request.path.startsWith('/Workflow/Definitions')) Object.assign(answer, { status: 403, text: '' });
  },
  'no CA list': (answer, request) => {
    if (request.path.startsWith('/CertificateAuthority')) Object.assign(answer, { status: 403, text: '' });
  },
  'a byte order mark': (answer) => {
    if (answer.text !== '') answer.text = `\uFEFF${answer.text}`;
  },
} satisfies Record<string, Oddity>;

const STRANGER = {
  Id: '00000000-0000-4000-8000-00000000beef',
  Status: 9,
  Definition: null,
  StartDate: '2026-01-01T00:00:00Z',
};

export type OddityName = keyof typeof ODDITIES;

function isList({ status }: PassingAnswer, { path, method }: PassingRequest): boolean {
  return status === 200 && method === 'GET' && path === LIST;
}

function rowsOf({ text }: PassingAnswer): readonly Row[] {
  const rows: unknown = JSON.parse(text);
  return Array.isArray(rows) ? (rows as Row[]) : [];
}

function onList(change: (rows: readonly Row[]) => readonly unknown[]): Oddity {
  return (answer, request) => {
    if (isList(answer, request)) answer.text = JSON.stringify(change(rowsOf(answer)));
  };
}

/** In lists and single reads; rows keep the case of their properties. */
function eachInstance(change: (row: Row) => Row): Oddity {
  return (answer, request) => {
    const isOne = request.method === 'GET' && /^\/Workflow\/Instances\/[^/]+$/.test(request.path);
    if (isList(answer, request)) answer.text = JSON.stringify(rowsOf(answer).map(change));
    else if (isOne && answer.status === 200) answer.text = JSON.stringify(change(JSON.parse(answer.text) as Row));
  };
}

function onRestart(change: (answer: PassingAnswer) => void): Oddity {
  return (answer, request) => {
    if (request.path.endsWith('/Restart') && answer.status === 204) change(answer);
  };
}

function withOffset(date: unknown): unknown {
  if (typeof date !== 'string' || !date.endsWith('Z')) return date; // without a zone nobody knows the moment
  return `${new Date(Date.parse(date) + 2 * 3_600_000).toISOString().replace('Z', '')}+02:00`;
}

function ofSecond(date: unknown): unknown {
  return typeof date === 'string' ? date.replace(/\.\d+/, '') : date;
}
