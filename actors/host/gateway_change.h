/*  gateway_change.h: the body of POST /api/strategy/change. Pure: no state, any thread.
 */
#ifndef GATEWAY_CHANGE_H
#define GATEWAY_CHANGE_H

#include "messages/error.h"
#include "messages/gen/messages.h"

#define GATEWAY_BODY_MAX 32768 /*  256 clients' names fit */

/*  {"strategy_id":"…","parameters":{"scaling_method","multiplier","risk_percent","clients":["…"]}}: what is left out stays
 *  as it is, without clients it is for all of them. Checked as `trade-copier client update` checks. Fills *change but for
 *  request, who and at_ns. -ERR_*: problem->where is the field ("body" when it is no JSON), problem->detail what was
 *  expected; nothing of the body is in it but names and numbers. */
int gateway_change_parse (const char *bytes, size_t size, strategy_change_t *change, problem_t *problem);

#endif
