/*  rig.h: the Alpaca port on a real loop, with what it said kept for the test. */
#ifndef RIG_H
#define RIG_H

#include "broker/alpaca/alpaca.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#define RIG_ANSWERS_MAX 128
#define RIG_STATES_MAX 32
#define RIG_UPDATES_MAX 16
#define RIG_KEY "PKTESTKEY"
#define RIG_SECRET "very-secret-text"

struct lws_context;
typedef struct rig rig_t;

/*  The way of the orders of every rig that is made from now on: rest.h (false) or channel.h. A test that is run with both
 *  proves that they mean the same. */
extern bool rig_order_channel;

/*  What the port reported; plain to read by the test. */
typedef struct {
    size_t answer_count;
    broker_answer_t answers[RIG_ANSWERS_MAX]; /*  arrays: see copies */
    order_t first_order;                      /*  of the last list of orders */
    order_t last_order;
    activity_t last_activity;
    position_t first_position;
    size_t state_count;
    broker_stream_state_t states[RIG_STATES_MAX];
    char reason[REASON_MAX]; /*  the last one */
    size_t update_count;
    trade_update_t updates[RIG_UPDATES_MAX];
    void (*on_update) (rig_t *rig); /*  may be NULL */
} rig_log_t;

/*  options: what the test wants changed; base_url and the handles are set here. Account 0 is open. */
rig_t *rig_new (const char *url, const alpaca_options_t *options);
void rig_destroy (rig_t **self_p);
broker_t *rig_broker (rig_t *self);
rig_log_t *rig_log (rig_t *self);

void rig_call (rig_t *self, call_kind_t kind, uint64_t token, const char *key);
void rig_submit (rig_t *self, uint64_t token);
/*  Turn the loop until so many answers or updates came, or the state; fails the test after 5 s. */
void rig_until_answers (rig_t *self, size_t count);
void rig_until_updates (rig_t *self, size_t count);
void rig_until_state (rig_t *self, broker_stream_state_t state);
void rig_turn (rig_t *self, int ms);

#define RIG_ORDER                                                                                            \
    "{\"id\":\"61e69015-8549-4bfd-b9c3-01e75843f47d\",\"client_order_id\":\"tc1-abc-o1\",\"symbol\":"        \
    "\"AAPL\","                                                                                              \
    "\"side\":\"buy\",\"type\":\"market\",\"time_in_force\":\"day\",\"status\":\"accepted\",\"qty\":\"10\"," \
    "\"filled_qty\":\"0\",\"filled_avg_price\":null,\"submitted_at\":\"2026-03-02T14:30:00.123456789Z\"}"

#endif
