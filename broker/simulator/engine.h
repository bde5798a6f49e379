/*  engine.h: the simulated stock broker as a pure state machine: Alpaca's Trading API semantics, nothing else.
 *
 *  No socket, clock, thread, file or JSON in here: time comes in (UTC ns), chance comes from one seed, events go
 *  out through a callback. The same calls with the same seed give the same trace (engine_trace_hash), so it serves
 *  `trade-copier simulator` (behind HTTP) and the deterministic simulation alike. Rules and wording:
 *  alpaca-api.md sections 1-4 and 7.
 *
 *  One thread only. Every call with `now_ns` first runs what is due up to then (as engine_advance does; the event
 *  sink may be called from inside); a time earlier than the latest seen counts as the latest. Amounts are _e9
 *  (fixed.h), money included. Texts handed in are borrowed for the call; NULL and "" both mean absent.
 *  Nothing accepted is ever forgotten: tables grow up to the limits of the config, then calls answer 500 50010000
 *  naming the limit.
 *
 *  Results: 0, or -ERR_BROKER with *error filled (HTTP status, broker code, message, extra fields) as the broker
 *  would answer; setup calls (account_create, price_set, ...) return -ERR_* with *problem.
 *
 *  Parts: engine_account.h (the engine, errors, accounts, assets), engine_orders.h (orders, positions),
 *  engine_history.h (activities, calendar, events, history), and below the faults.
 */
#ifndef SIMULATOR_ENGINE_H
#define SIMULATOR_ENGINE_H

#include "broker/simulator/engine_account.h"
#include "broker/simulator/engine_orders.h"
#include "broker/simulator/engine_history.h"

/* ------------------------------------------------------------------------------------------------------- faults */

/*  The next order of the account fills in these parts and no others: part i executes delay_ns[i] after part i - 1
 *  (the first after acceptance), at the market's price of then (or the limit). qty 0 = all that is left. What the
 *  parts do not cover stays open. No parts = it stays open. Limits must be marketable. */
typedef struct {
    size_t count;
    int64_t qty_e9[ENGINE_PARTS_MAX];
    int64_t delay_ns[ENGINE_PARTS_MAX];
} engine_script_t;

void engine_fault_script (engine_t *self, uint32_t account, const engine_script_t *script);
/*  The next order is refused with this answer; http_status 200: it is accepted and then ends as `rejected`. */
void engine_fault_reject (
    engine_t *self, uint32_t account, int http_status, int64_t code, const char *message);
/*  The next so many events are put out twice / not at all (the history and replay are not touched). */
void engine_fault_events (engine_t *self, uint32_t account, uint32_t double_next, uint32_t drop_next);
/*  List and trade_updates lag for all accounts; 0, 0 = off. */
void engine_fault_list_lag (engine_t *self, int64_t min_ns, int64_t max_ns);
/*  For all accounts: latency of fills. */
void engine_fill_latency_set (engine_t *self, int64_t fill_latency_ns);

#endif
