import { inputOf, isMaybeIssued, issuedEvidence } from '../../../src/core/evidence.ts';
import type { InstanceDetail } from '../../../src/core/instance.ts';
import { NOON } from '../../support/builders.ts';
import { aDetail } from '../../support/core-builders.ts';

type Data = Record<string, unknown>;

test.each<readonly [string, string]>([
  [
    'a time-out while waiting for the answer',
    'The operation has timed out while waiting for the answer of ca01\\Issuing CA.',
  ],
  ['a time-out with a hyphen', 'A time-out occurred while waiting for the answer'],
  ['a connection that timed out in its answer', 'Connection timed out while waiting for the response from ca01'],
  ['a gateway that waits for a reply', 'The request channel timed out while waiting for a reply after 00:00:59.9.'],
  ['a bare time-out', 'The operation has timed out.'],
  ['HttpClient', 'The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing.'],
  ['a cancelled task', 'A task was canceled.'],
  ['a read time-out', 'HTTPSConnectionPool(host=ejbca): Read timed out. (read timeout=60)'],
  ['an aborted request', 'The request was aborted: The operation has timed out.'],
  ['gRPC', 'StatusCode=DeadlineExceeded'],
  ['0x800706be', 'CCertRequest::Submit: The remote procedure call failed. 0x800706be (WIN32: 1726)'],
  ['0x800706BE in capitals', 'Exception from HRESULT: 0x800706BE'],
  ['a call that failed in the middle', 'The remote procedure call failed.'],
  ['502', 'The remote server returned an error: (502) Bad Gateway.'],
  ['504', 'Response status code does not indicate success: 504 (Gateway Timeout).'],
  ['a bare 504', 'EJBCA answered 504'],
  ['a bare 502', 'HTTP/1.1 502'],
  ['a connection cut in mid-call', 'The connection was cut in mid-call'],
  ['a reset', 'Connection reset by peer'],
  ['a connection to somebody that was reset', 'The connection to ca01.example.com was reset'],
  ['a server that hangs up', 'The server closed the connection before it answered'],
  [
    'a forcibly closed connection',
    'Unable to read data from the transport connection: An existing connection was forcibly closed by the remote host.',
  ],
  ['an error on a receive', 'The underlying connection was closed: An unexpected error occurred on a receive.'],
  [
    'a kept-alive connection',
    'The underlying connection was closed: A connection that was expected to be kept alive was closed by the server.',
  ],
  ['an answer that ended early', 'The response ended prematurely. (ResponseEnded)'],
  ['an unexpected end', 'Received an unexpected EOF or 0 bytes from the transport stream.'],
  ['an error while sending', 'An error occurred while sending the request.'],
  ['WCF', 'An error occurred while receiving the HTTP response to https://gateway/.'],
  ['an aborted socket', 'The socket connection was aborted.'],
  ['WinINet', 'The operation timed out 0x80072ee2 (WININET: 12002)'],
  ['a connection terminated', 'The connection with the server was terminated abnormally 0x80072efe'],
  ['Node', 'socket hang up'],
  ['Node, after the connect', 'read ETIMEDOUT'],
  ['no answer in time', 'The CA did not respond within 60 seconds'],
  ['no answer at all', 'The CA did not respond'],
  ['no response', 'No response received from the CA'],
  ['a response that did not come', 'The response was not received from ca01'],
  ['a status in JSON', 'EJBCA: {"status":502,"message":"upstream"}'],
  ['a status by its name', 'request ended with statusCode: 504'],
  ['Java, on its way', 'Connection timed out (Write failed)'],
  ['a network name that went away', 'The specified network name is no longer available. 0x80070040 (WIN32: 64)'],
  ['a reset that was tried again', 'Connection reset; retry failed: connection refused'],
])('leaves open whether the CA took it: %s', (_title, message) => {
  expect(isMaybeIssued(message)).toBe(true);
});

test.each<readonly [string, string]>([
  [
    '0x800706ba',
    'CCertRequest::Submit: The RPC server is unavailable. 0x800706ba (WIN32: 1722 RPC_S_SERVER_UNAVAILABLE)',
  ],
  ['0x800706BA in capitals', 'The RPC server is unavailable. (Exception from HRESULT: 0x800706BA)'],
  ['a call that did not execute', 'The remote procedure call failed and did not execute. 0x800706bf'],
  ['an overload', 'The RPC server is too busy to complete this operation. 0x800706bb'],
  ['refused', 'No connection could be made because the target machine actively refused it 10.0.0.1:443'],
  ['refused by .NET', 'Connection refused (ejbca.example.com:443)'],
  [
    'refused behind a general text',
    'An error occurred while sending the request. Unable to connect to the remote server',
  ],
  ['a gateway that was refused', 'bad gateway: upstream connection refused'],
  ['no such host', 'No such host is known. (ca01.example.com:443)'],
  ['no such name', 'The remote name could not be resolved: ca01'],
  ['a name not known', 'getaddrinfo: Name or service not known'],
  ['a connect time-out', 'Connection to ejbca timed out. (connect timeout=30)'],
  ['a connect that timed out', 'Connect to ejbca:443 failed: connect timed out'],
  [
    'a connection attempt',
    'A connection attempt failed because the connected party did not properly respond after a period of time',
  ],
  ['a connection attempt that timed out', 'The connection attempt has timed out'],
  ['a time-out while connecting', 'Timed out while trying to connect to ca01'],
  ['Node', 'connect ETIMEDOUT 10.0.0.1:443'],
  [
    'a connection that could not be opened',
    'Unable to connect to ca01: a connection attempt failed because the connected party did not respond in time (connect timed out).',
  ],
  ['no route', 'No route to host'],
  [
    'no trust',
    'The underlying connection was closed: Could not establish trust relationship for the SSL/TLS secure channel.',
  ],
  ['no TLS', 'The SSL connection could not be established, see inner exception. Received an unexpected EOF'],
  ['denied', 'Denied by Policy Module. The requested certificate template is not supported by this CA. 0x80094800'],
  ['no permission', 'The permissions on the certificate template do not allow the current user to enroll. 0x80094012'],
  ['refused by the CA', 'The certificate authority refused the request: (400) Bad Request'],
  ['503', 'The remote server returned an error: (503) Server Unavailable.'],
  ['500', 'Response status code does not indicate success: 500 (Internal Server Error).'],
  ['a request number that looks like a code', 'Request ID 502 was denied by the policy module'],
  ['a request that looks like a code', 'The certificate request 504 is not valid'],
  ['a host that looks like a code', 'ca-502.example.com denied the request'],
  ['a port', 'ca01:504 denied the request'],
  ['an answer that says no', 'Received response from CA: request denied by the policy module'],
  ['a script', 'The term Get-OwnerRecord is not recognized as the name of a cmdlet'],
  ['nothing', ''],
])('tells that nothing was issued: %s', (_title, message) => {
  expect(isMaybeIssued(message)).toBe(false);
});

test.each<readonly [string, Data, Data, string[]]>([
  ['a request at the CA', {}, { CACertificateRequest: { CARequestId: 7 } }, ['CACertificateRequest']],
  ['a certificate', {}, { CACertificate: { Id: 1 } }, ['CACertificate']],
  ['a renewed certificate', {}, { RenewedCertId: 50_001 }, ['RenewedCertId']],
  ['a number of the request', {}, { CARequestId: 12 }, ['CARequestId']],
  ['the number of a request for a certificate', {}, { CertificateRequestId: 12 }, ['CertificateRequestId']],
  ['the CA named by its make', {}, { MicrosoftCARequestId: 12 }, ['MicrosoftCARequestId']],
  ['several certificates', {}, { CACertificates: [{ Id: 1 }] }, ['CACertificates']],
  ['keys with blanks', {}, { 'CA Certificate Request': { Id: 1 } }, ['CA Certificate Request']],
  ['keys in small letters', {}, { cacertificate: 'MII' }, ['cacertificate']],
  ['keys with underscores', {}, { renewed_cert_id: '5' }, ['renewed_cert_id']],
  [
    'another spelling',
    {},
    { CertificateAuthorityRequestId: 5, IssuedCertificate: 'MII' },
    ['CertificateAuthorityRequestId', 'IssuedCertificate'],
  ],
  ['a plain certificate', {}, { Certificate: 'MII' }, ['Certificate']],
  ['another value than the input had', { RenewedCertId: 1 }, { RenewedCertId: 2 }, ['RenewedCertId']],
  ['a null in the input', { CACertificate: null }, { CACertificate: 'MII' }, ['CACertificate']],
  ['nothing: the input had it', { CACertificate: { Id: 1 } }, { CACertificate: { id: 1 } }, []],
  ['nothing: the input had it in another spelling', { cert_id: 1 }, { CertId: 1 }, []],
  [
    'nothing: empty values',
    {},
    { CACertificate: null, CARequestId: 0, RenewedCertId: '', CACertificateRequest: {} },
    [],
  ],
  ['nothing: a request without a number', {}, { CACertificateRequest: { CARequestId: 0, Status: null } }, []],
  ['nothing: the name of the CA', {}, { CertificateAuthority: 'ca01\\CA' }, []],
  ['nothing: what steps added', {}, { OwnerMail: 'eva@example.com', TicketRequestId: 5 }, []],
])('reads from the state data: %s', (_title, initialData, currentStateData, expected) => {
  expect(issuedEvidence(aDetail({ initialData, currentStateData }))).toEqual(expected);
});

test.each<readonly [string, Partial<InstanceDetail>, string[]]>([
  ['a revocation issues nothing', { workflowType: 'Revocation', currentStateData: { CACertificate: 'MII' } }, []],
  [
    'an expiration workflow has a certificate to begin with',
    { workflowType: 'Expiration', currentStateData: { CertificateId: 5 } },
    [],
  ],
  [
    'a renewal tells its new certificate',
    { workflowType: 'Expiration', currentStateData: { RenewedCertId: 5 } },
    ['RenewedCertId'],
  ],
  ['no state data proves nothing', { currentStateData: null }, []],
  [
    'no input makes all of it news',
    { initialData: null, currentStateData: { CACertificate: 'MII' } },
    ['CACertificate'],
  ],
])('%s', (_title, changes, expected) => {
  expect(issuedEvidence(aDetail(changes))).toEqual(expected);
});

test('a read is reduced to named fields and hashes, P11', () => {
  const detail = aDetail({
    initialData: {
      Subject: 'CN=secret',
      CSR: 'secret',
      CertificateAuthority: ' ca01\\CA ',
      Template: 'Web',
      SANs: { dns: ['secret'] },
    },
    currentStateData: { Password: 'secret', CACertificate: 'secret' },
    signals: [{ name: 'ApprovalStatus', received: true }],
  });

  const input = inputOf(detail, NOON, [], () => 'hashed');

  expect(input).toMatchObject({
    ca: 'ca01\\CA',
    template: 'Web',
    hasApproval: true,
    issuedEvidence: ['CACertificate'],
  });
  expect(JSON.stringify(input)).not.toContain('secret');
});

test.each<readonly [string, unknown, string | null]>([
  ['text', 'ca01\\CA', 'ca01\\CA'],
  ['blanks', '  ', null],
  ['a record of both names', { Id: 7, hostName: 'ca01', LogicalName: 'CA' }, 'ca01\\CA'],
  ['a record of its logical name', { Id: 7, HostName: null, LogicalName: 'CA' }, 'CA'],
  ['a record with an id alone', { Id: 7 }, '7'],
  ['its id', 7, '7'],
  ['an object that names none', { Certificate: 'ca01' }, null],
  ['nothing', undefined, null],
])('the CA is named by %s', (_title, value, expected) => {
  const detail = aDetail({ initialData: { CERTIFICATEAUTHORITY: value } });
  expect(inputOf(detail, NOON, [], (text) => text).ca).toBe(expected);
});

test('a signal that is still waited for is no approval', () => {
  const detail = aDetail({ signals: [{ name: 'ApprovalStatus', received: false }] });
  expect(inputOf(detail, NOON, [], (text) => text).hasApproval).toBe(false);
});
