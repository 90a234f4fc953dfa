/** What a caller must be allowed, in both permission models (API reference 2). */
const PERMISSIONS: Readonly<Record<string, string>> = {
  'GET /Workflow/Instances': '/workflows/instances/read/ (10.x: WorkflowInstances ReadAll)',
  'GET /Workflow/Instances/{id}': '/workflows/instances/read/ (10.x: WorkflowInstances ReadAll)',
  'POST /Workflow/Instances/{id}/Restart':
    '/workflows/instances/manage/ and /workflows/instances/read/ (10.x: WorkflowInstances Manage and ReadAll)',
  'GET /CertificateAuthority': '/certificate_authorities/read/ (10.x: PkiManagement Read)',
  'POST /CertificateAuthority/Test': '/certificate_authorities/read/ (10.x: PkiManagement Read)',
  'GET /Workflow/Definitions/{id}': '/workflows/definitions/read/ (10.x: WorkflowDefinitions Read)',
};

/** Says what a 401 or 403 means and what to change. */
export function accessText(route: string, status: 401 | 403, said: string): string {
  const tail = said ? `; Command said: ${said}` : '';
  if (status === 401) return `Command does not know our identity (401 on ${route}): check command.auth${tail}`;
  const needed = PERMISSIONS[route];
  const hint = needed ? `its role needs ${needed}` : 'its role lacks a permission';
  return `our identity may not do ${route} (403): ${hint}${tail}`;
}
