/** Teaches scenarios, knobs and the control endpoint; shown by `remediator simulator --help`. */
export const SIMULATOR_HELP = `
A Keyfactor Command of your own: workflow instances that run, fail, wait for approval and can be restarted,
certificate authorities that go down and come back, faults on demand. It listens on 127.0.0.1 and prints one line
of JSON when it is ready:
  {"event":"listening","url":"http://127.0.0.1:PORT/KeyfactorAPI","tokenUrl":…,"controlUrl":…}
Basic auth: user KEYEXAMPLE\\remediator, password simulated. OAuth: client remediator, secret simulated, at tokenUrl.

SCENARIO (YAML; unknown keys are refused). What it leaves out is the default world and the first value of each knob.
Own definitions, cas or instances replace those parts; then the default instances (or the traffic) are left out, too.
Times: a number is seconds; or a text such as 250ms, 30s, 5m, 2h, 7d. Steps and CA calls take ...Ms milliseconds.

  version: "25.1.1"          # 10.x, 11.x … 25.x: shapes and endpoints of that version
  seed: 1                    # fixes ids, titles and the dice of the faults
  speed: 1                   # divides the durations of workflow steps
  clockSkewSeconds: 0        # how far the server's clock is ahead
  users:                     # permissions: paths of the version 2 model; "/" grants everything
    - { name: 'KEYEXAMPLE\\remediator', password: simulated, permissions: [/], roles: [Certificate Approvers] }
  clients: [{ id: remediator, secret: simulated, user: 'KEYEXAMPLE\\remediator', tokenSeconds: 300 }]
  cas:                       # mode: up | down | silent (takes requests, its answers are lost) | denying
    - name: Corp Issuing CA 1
      host: ca1.keyexample.com
      type: dcom             # or https
      schedule: [{ at: 0, up: false }, { at: 20s, up: true }]
      # downAs: refused | timeout | 503; failMs: 20; issueMs: 50; maxConcurrent: 5; test: real | up | down;
      # tenant, explicitCredentials, connectorPool
  definitions:               # steps between StartNOOP and EndNOOP, which are added
    - name: Web Server Enrollment
      template: EnterpriseWebServer
      version: 3             # newest; versions 1 to 3 exist. published: 2 leaves 3 a draft; 0: none is published
      steps: [script, enroll, { kind: email, durationMs: 10 }]
      # kinds: noop approval script rest email metadata enroll revoke renew
      # step keys: kind name uniqueName durationMs failures message ca roles approveAfterMs parameters
      # failures: how many runs of one piece of work fail there (a number, or always)
      # versions: [{ version: 1, steps: [...] }] for versions that differ; id, type, key, enabled, description
  instances:
    - { definition: Web Server Enrollment, status: Failed, ca: Corp Issuing CA 1, count: 500, age: 10m, spread: 1h }
      # status: Running (runs from the start) Suspended Complete Failed Rejected CanceledForRestart
      # title, subject ({n} is replaced by 1, 2, …), user, message, version, data: { more: initial data }
      # step: where it stands, by unique or display name; failures: runs that fail there, the one shown included
      # issued: yes (CACertificate in its state) | maybe (issued, but its answer was lost); approved: true
      # id (count 1 only), startDate, lastModified; or age and spread
      # equal subjects have equal input; newCsr: true gives each its own CSR (also for do: resubmit)
  traffic: { perSecond: 2, keep: 2000, mix: [{ definition: Web Server Enrollment, failing: 0.1 }] }
                             # mix entries: definition, ca, weight, failing (the share that fails once)
  people:                    # do: restart stop delete sign resubmit; instance: an id, or a glob over titles
    - { at: 30s, do: restart, instance: '*CN=web1.*', who: 'KEYEXAMPLE\\jsmith', count: 1 }
  faults:
    - { kind: resetAfter, route: restart, probability: 0.1, from: 0, to: 60, count: 3 }
  knobs: { oldRow: failed, parameters: "10" }

  behind a dead CA       cas with a schedule, instances with status: Failed and that ca
  a script fails twice   instances: [{ definition: …, status: Failed, step: LookUpOwner1, failures: 2 }]
  already issued         instances: [{ definition: …, status: Failed, step: SendMail1, issued: yes }]
  never recovers         instances: [{ definition: …, status: Failed, failures: always }]
  20,000 old failures    instances: [{ definition: …, status: Failed, count: 20000, age: 2d, spread: 28d }]

READY-MADE SCENARIOS in config/scenarios/ (--scenario config/scenarios/dead-ca.yaml):
  dead-ca  lost-answers  approvals  first-meeting (20,000 old failures)  failed-stays  command-10  names-on-the-wire
  overloaded (429, slow, maintenance pages)  no-rights

FAULTS. kind: latency (ms), status (status, retryAfter), html (a maintenance page), resetBefore and resetAfter (the
connection is cut before or after the request took effect), hang and hangAfter (no answer), statusAfter (an error
although it took effect), cutAnswer (half a body), huge (40 MB), stale (reads show the world as it was ms ago).
Filters: route (a name below, or a glob over "METHOD /path"), probability, from and to (seconds since it was set),
count (strikes), skip (requests let through first), user.
Routes: list assigned my read delete restart stop signals definitions definitionTypes definition cas ca caTest
connectors audit auditRelated auditEntry status health license token.

KNOBS, the first value is the default:
  statusForm          int | name                       status on the wire
  statusMap           { Running: 1, Suspended: 2, Complete: 3, Failed: 4, Rejected: 5, CanceledForRestart: 6 }
  statusQuery         both | int | name                status in queries
  statusQueryRefusal  400 | empty                      what the other form gets, and a made-up name
  oldRow              canceled | failed | deleted      a Failed row after its restart
  oldSuspendedRow     canceled | stays | deleted       a Suspended row after its restart
  referenceId         new | same                       of the new row
  title, initiator    original | restarter             of the new row
  startDate           restart | original               of the new row
  initialData         equal | extended                 of the new row; initialDataChange: key | render says how
  appearMs            0                                the new row is seen after so many ms
  restartMs           0 | run                          how long Restart takes; run: as long as the workflow
  restartCommit       start | end                      when within restartMs it takes effect
  wrongState          400 | 404 | 500                  Restart of a row that cannot be restarted
  secondRestart       refused | succeeds               in flight, or of a row that stays Failed
  versionIn           both | query | body              where Restart looks for the version
  audit               none | old | both                ids in the audit entry of a restart
  caTestSecrets       stored | needed                  CA Test with the id only
  caTestDead          false | slow | http500 | hang    CA Test of a dead CA; caTestSlowMs: 30000
  requireHeader       all | post                       x-keyfactor-requested-with
  parameters          "11" | "10" | both               names of list parameters
  sortFields          all | [names] | ignored          fields a list can be sorted by
  dateLiterals        full | day                       in queries
  totalCount          true | false                     x-total-count
  dates               z7 | nozone | nofraction         dates on the wire; dateOffsetMinutes: 0 for nozone
  propertyCase        pascal | camel                   property names
  errors              json | empty | html              error bodies
  latencyMs 0, staleMs 0, maxReturnLimit 1000000

CONTROL ENDPOINT (off unless asked for), JSON, no authentication:
  GET  /_control/truth              every instance with its links, each Restart received and its effect, certificates
                                    per CA and wish, CA history, what people did, request counts
  GET  /_control/summary            the same in numbers: by status, restartedTwice, issuedTwice
  POST /_control/ca/{name}          {"up": false}, {"mode": "silent"}, {"test": "up"}
  POST /_control/knobs              {"oldRow": "failed"}; GET shows all
  POST /_control/faults             a fault or a list; replaces all ([] clears); /_control/faults/add adds; GET shows
  POST /_control/instances          one entry as in a scenario; answers {"ids": […]}
  POST /_control/actions            {"do": "restart", "instance": id or title glob, "who": …, "approve": true}
  POST /_control/definitions/{name} {"published": 2}, {"enabled": false}
  POST /_control/revoke-tokens      ends all OAuth tokens
`.trimStart();
