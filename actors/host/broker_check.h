/*  broker_check.h: is the broker there, and does it take these keys? Asked once, before anything starts.
 */
#ifndef BROKER_CHECK_H
#define BROKER_CHECK_H

#include "actors/host/settings.h"
#include "storage/vault.h"

/*  Reads the account over a loop of its own; blocks at most REQUEST_TIMEOUT. -ERR_UNREACHABLE, -ERR_BROKER (the keys
 *  are refused, or the account is blocked), -ERR_SETTING. A broker that answers with 429 or 5xx is there: 0. */
int broker_check (
    const settings_t *settings, const char *account_id, const credentials_t *credentials, problem_t *problem);

#endif
