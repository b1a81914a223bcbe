"""Runs a site's processes: keeps them alive, knows when they answer, says why they do not, leaves none
behind.

    Supervisor ─┬─ Front ─ Slot ─ the front's process        listening TCP socket, control channel
                └─ Succession ─ Generation ─ Pool ─┬─ Slot ─ Instance   Unix socket (gateway) or port (app)
                                                   └─ Slot ─ Instance

`policy` decides (pure tables: restart, back-off, rapid failures), `slot` performs it for whatever fills the
slot. An `Instance` is one process from start to end; `probe` finds out when it answers; `causes` and
`failure` (pure) turn its exit and last lines into what / found / fix. A `Generation` is the pools that a
site is served by, and the `Succession` brings the next one beside it. The `warden`
is a small process that outlives a killed supervisor to clean up. `isolation` has all that only POSIX or Linux
can do.

What holds, whatever dies:
- An instance or the front is killed: its listening socket is the supervisor's, connections wait, a new one
  takes over.
- The supervisor is killed: gateways see their lifeline end, the front its control channel, platform processes
  get SIGTERM from the kernel, and the warden ends whatever does not mind that.
- The supervisor is told to stop: SIGTERM, three seconds, SIGKILL, for each instance and for all that descends
  from it.
"""
