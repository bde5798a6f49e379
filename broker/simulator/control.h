/*  control.h: the driver's API (docs/simulator.md), by file. */
#ifndef SIMULATOR_CONTROL_H
#define SIMULATOR_CONTROL_H

#include "broker/simulator/routes.h"

/*  By account id, key id or label. -ERR_NOT_FOUND. */
int control_account_find (const simulator_t *server, const char *name, uint32_t *account_p);
/*  Accounts of an object or array; all or none. 0, or -ERR_* with *problem. Appends their JSON with keys. */
int control_accounts_create (
    simulator_t *server, const json_t *wanted, http_buffer_t *out, problem_t *problem);
/*  422 (or 400, 404 by the problem's code) with its text. */
void control_refuse (exchange_t *exchange, const problem_t *problem);
/*  An amount given as text. false = absent (value untouched) or wrong (*wrong_p). */
bool control_amount (const json_t *object, const char *name, int64_t *value_e9_p, bool *wrong_p);
/*  An integer within bounds, the same way. */
bool control_integer (const json_t *object, const char *name, int64_t max, int64_t *value_p, bool *wrong_p);

void control_accounts_post (exchange_t *exchange, const char *argument);
void control_accounts_get (exchange_t *exchange, const char *argument);
void control_prices_post (exchange_t *exchange, const char *argument);
void control_faults_post (exchange_t *exchange, const char *argument);
void control_faults_delete (exchange_t *exchange, const char *argument);
void control_order_post (exchange_t *exchange, const char *argument);
void control_history_get (exchange_t *exchange, const char *argument);
void control_state_get (exchange_t *exchange, const char *argument);

#endif
