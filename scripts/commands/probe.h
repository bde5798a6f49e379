/*  probe.h: asks the broker about accounts: do the keys work, is the account open, does the stream take them.
 *
 *  Own libuv loop, blocks until every account is answered or the time is over. One thread.
 */
#ifndef PROBE_H
#define PROBE_H

#include "actors/host/settings.h"
#include "messages/trading.h"
#include "storage/vault.h"

#define PROBE_MAX 10000

typedef enum {
    PROBE_OPEN, /*  no answer came within the time */
    PROBE_GOOD,
    PROBE_UNREACHABLE,
    PROBE_REFUSED, /*  wrong keys, or the account is blocked */
    PROBE_FAILED   /*  anything else the broker said */
} probe_state_t;

typedef struct {
    char id[ACCOUNT_ID_MAX];
    bool stream; /*  try the trading stream too (the master) */
    probe_state_t state;
    char detail[REASON_MAX]; /*  why not; never a secret */
    char status[24];         /*  the account's, e.g. ACTIVE */
    int64_t equity_e9;
    int64_t latency_ns; /*  of the request */
} probe_t;

/*  The keys of probes[index] into *credentials (wiped afterwards). 0 or -ERR_*. */
typedef int (probe_keys_fn) (void *context, size_t index, credentials_t *credentials, problem_t *problem);

/*  Fills state and the rest. -ERR_* only when nothing could be tried at all. */
int probe_run (const settings_t *settings, probe_t *probes, size_t count, probe_keys_fn *keys, void *context,
    problem_t *problem);

#endif
