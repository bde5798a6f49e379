/*  model_broker.h: a broker that answers what the listener asks, 10 ms later, from what the story says happened.
 *
 *  executes () moves orders, positions and activities, and returns the stream's update of it: the story decides whether
 *  the stream brings it.
 */
#ifndef MODEL_BROKER_H
#define MODEL_BROKER_H

#include "tests/unit/actors/listener/listener_story.h"

#define MODEL_MAX 256

static struct {
    activity_t fills[MODEL_MAX];
    int64_t shown_at_ns[MODEL_MAX]; /*  now_ns from which the list of activities has it */
    size_t count;
    order_t orders[MODEL_MAX];
    size_t order_count;
    int64_t position_e9; /*  AAPL */
    size_t portion;      /*  of the activities, an answer; 0 = all */
    bool younger_first;  /*  an answer had an activity, but not yet the one before it */
    bool failing;        /*  lists are answered 500 */
    size_t served;       /*  effects of the history that were looked at */
} b;

static order_t *order_of (const char *id, side_t side)
{
    for (size_t i = 0; i < b.order_count; i++)
        if (strcmp (b.orders[i].id, id) == 0)
            return &b.orders[i];
    assert_true (b.order_count < MODEL_MAX);
    b.orders[b.order_count] = order_at (id, side, STATUS_NEW, 0);
    return &b.orders[b.order_count++];
}

static trade_update_t executes (
    const char *execution, const char *id, side_t side, int64_t qty, order_status_t status)
{
    order_t *order = order_of (id, side);
    order->filled_qty_e9 += qty * ONE;
    order->status = status;
    order->updated_at_ns = t->utc_ns;
    b.position_e9 += side == SIDE_BUY ? qty * ONE : -qty * ONE;
    assert_true (b.count < MODEL_MAX);
    b.fills[b.count] = activity (execution, id, side, qty, order->filled_qty_e9 / ONE);
    b.shown_at_ns[b.count++] = t->now_ns;
    return update_of (status == STATUS_FILLED ? UPDATE_FILL : UPDATE_PARTIAL_FILL, id, execution, side, qty,
        order->filled_qty_e9 / ONE, b.position_e9 / ONE);
}

static void serve_fills (const broker_call_t *call)
{
    static activity_t shown[MODEL_MAX];
    broker_answer_t said = {
        .kind = ANSWER_OK, .call = call->kind, .token = call->token, .activities = shown, .limit = 200};
    bool passed = *call->key == 0;
    for (size_t i = 0; i < b.count && !said.more; i++) {
        if (b.shown_at_ns[i] > t->now_ns || b.fills[i].at_ns <= call->since_ns)
            continue;
        b.younger_first |= i > 0 && b.shown_at_ns[i - 1] > t->now_ns;
        said.more = passed && b.portion > 0 && said.count == b.portion;
        if (passed && !said.more)
            shown[said.count++] = b.fills[i];
        passed = passed || strcmp (b.fills[i].id, call->key) == 0;
    }
    assert_int_equal (core_test_answer (t, &said), 0);
}

static void serve_orders (const broker_call_t *call)
{
    static order_t shown[MODEL_MAX];
    broker_answer_t said = {.kind = ANSWER_OK, .call = call->kind, .token = call->token, .orders = shown};
    for (size_t i = 0; i < b.order_count; i++)
        if (call->kind == CALL_ORDERS || !order_status_final (b.orders[i].status))
            shown[said.count++] = b.orders[i];
    assert_int_equal (core_test_answer (t, &said), 0);
}

static void serve_one (const broker_call_t *call)
{
    position_t position = {.symbol = "AAPL", .qty_e9 = b.position_e9};
    broker_answer_t said = {.kind = ANSWER_OK, .call = call->kind, .token = call->token};
    if (b.failing) {
        said.kind = ANSWER_UNKNOWN;
    } else if (call->kind == CALL_FILLS) {
        serve_fills (call);
        return;
    } else if (call->kind == CALL_OPEN_ORDERS || call->kind == CALL_ORDERS) {
        serve_orders (call);
        return;
    } else if (call->kind == CALL_POSITIONS) {
        said.positions = &position;
        said.count = position.qty_e9 != 0;
    } else if (call->kind == CALL_ORDER) {
        said.order = *order_of (call->key, SIDE_BUY);
    } else {
        said.account_state.equity_e9 = 100000 * ONE;
    }
    assert_int_equal (core_test_answer (t, &said), 0);
}

/*  Time passes, and every call is answered 10 ms after it was made. */
static void serve (int64_t ms)
{
    for (int64_t passed = 0; passed < ms; passed += 10) {
        size_t made = t->count;
        core_test_pass (t, 10 * CORE_TEST_MS);
        for (; b.served < made; b.served++) {
            broker_call_t call = t->history[b.served].effect.call;
            if (t->history[b.served].effect.kind == EFFECT_CALL)
                serve_one (&call);
        }
    }
}

/*  Configured, listening, caught up: `qty` AAPL held. */
static __attribute__ ((unused)) void serving_up (int64_t qty)
{
    b.position_e9 = qty * ONE;
    configure (1);
    cursor (0);
    serve (1000);
    listening ();
    serve (2000);
}

static int model_setup (void **state)
{
    (void) state;
    /*  nobody acknowledges here: repeats would only be in the way */
    listener_config_t config = {
        .name = "listener", .seed = 7, .max_held = 64, .max_orders = 64, .repeat_ns = 86400 * CORE_TEST_S};
    memset (&b, 0, sizeof b);
    t = core_test_new (&listener_ops, listener_new (&config));
    return core_test_start (t);
}

#endif
