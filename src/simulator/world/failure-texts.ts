import type { CertificateAuthority, Step, StepKind } from './types.ts';

/** What a failed step says. No verbatim text of a real server is known (API reference, 9); these hold the usual parts. */
export function downText(ca: CertificateAuthority): string {
  if (ca.downAs === '503') return 'The remote server returned an error: (503) Server Unavailable.';
  if (ca.downAs === 'timeout')
    return `Unable to connect to ${ca.host}: a connection attempt failed because the connected party did not respond in time (connect timed out).`;
  return ca.type === 'dcom'
    ? `CCertRequest::Submit: The RPC server is unavailable. 0x800706ba (WIN32: 1722 RPC_S_SERVER_UNAVAILABLE) (${ca.host}\\${ca.name})`
    : `Unable to connect to the remote server: No connection could be made because the target machine actively refused it (${ca.host}).`;
}

export function lostAnswerText(ca: CertificateAuthority): string {
  return ca.type === 'dcom'
    ? `The operation has timed out while waiting for the answer of ${ca.host}\\${ca.name}.`
    : `The request was aborted: the operation has timed out while waiting for the response of ${ca.host}.`;
}

export function cutCallText(ca: CertificateAuthority): string {
  return ca.type === 'dcom'
    ? 'CCertRequest::Submit: The remote procedure call failed. 0x800706be (WIN32: 1726 RPC_S_CALL_FAILED)'
    : 'The underlying connection was closed: An unexpected error occurred on a receive.';
}

export function denialText(ca: CertificateAuthority): string {
  return ca.type === 'dcom'
    ? 'Denied by Policy Module. The requested certificate template is not supported by this CA. 0x80094800 (-2146875392 CERTSRV_E_UNSUPPORTED_CERT_TYPE)'
    : 'The certificate authority refused the request: (400) Bad Request: not authorized to the end entity profile.';
}

export function overloadText(): string {
  return 'The RPC server is too busy to complete this operation. 0x800706bb (WIN32: 1723 RPC_S_SERVER_TOO_BUSY)';
}

export function unknownCaText(name: string | null): string {
  return `The certificate authority '${name ?? ''}' was not found.`;
}

const PERMISSION_TEXT =
  'The permissions on the certificate template do not allow the current user to enroll. 0x80094012 (-2146877422 CERTSRV_E_TEMPLATE_DENIED)';

const STEP_TEXTS: Record<StepKind, (name: string) => string> = {
  script: (name) =>
    `PowerShell script of step '${name}' failed: The term 'Get-OwnerRecord' is not recognized as the name of a cmdlet. At line:14 char:9`,
  rest: (name) =>
    `REST request of step '${name}' failed: Response status code does not indicate success: 502 (Bad Gateway).`,
  email: (name) => `Email of step '${name}' failed: Unable to connect to the SMTP server (No such host is known).`,
  metadata: (name) => `Step '${name}' failed: The metadata field 'Owner' does not exist.`,
  enroll: () => PERMISSION_TEXT,
  renew: () => PERMISSION_TEXT,
  revoke: () => 'The certificate could not be revoked: The data is invalid. 0x8007000d (WIN32: 13 ERROR_INVALID_DATA)',
  noop: unexpectedText,
  approval: unexpectedText,
};

/** What a step says that fails by itself, not by its certificate authority. */
export function stepText(step: Step): string {
  return STEP_TEXTS[step.kind](step.displayName);
}

function unexpectedText(name: string): string {
  return `Step '${name}' failed: Object reference not set to an instance of an object.`;
}
