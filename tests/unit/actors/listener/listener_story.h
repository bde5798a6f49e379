/*  listener_story.h: a listener with its master's broker, for stories: what both test programs share. */
#ifndef LISTENER_STORY_H
#define LISTENER_STORY_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "actors/listener/listener.h"
#include "messages/fixed.h"
#include "tests/lib/core_test.h"

#define ONE FIXED_ONE

static core_test_t *t;

static __attribute__ ((unused)) int setup (void **state)
{
    (void) state;
    listener_config_t config = {.name = "listener", .seed = 7, .max_held = 16, .max_orders = 8};
    t = core_test_new (&listener_ops, listener_new (&config));
    assert_int_equal (core_test_start (t), 0);
    return 0;
}

static int teardown (void **state)
{
    (void) state;
    core_test_destroy (&t);
    return 0;
}

static void configure (uint64_t revision)
{
    message_t *message = core_test_message (t, MSG_MASTER_CONFIG);
    (void) strcpy (message->master_config.master_id, "master");
    message->master_config.sealed_size = 8;
    message->master_config.revision = revision;
    assert_int_equal (core_test_receive (t, "dispatcher", message), 0);
}

static void answer (call_kind_t kind, broker_answer_t said)
{
    said.call = kind;
    said.token = core_test_call (t, kind, -1)->token;
    assert_int_equal (core_test_answer (t, &said), 0);
}

static void answer_account (int64_t equity)
{
    answer (CALL_ACCOUNT, (broker_answer_t){.kind = ANSWER_OK, .account_state.equity_e9 = equity * ONE});
}

static void answer_positions (const char *symbol, int64_t qty)
{
    position_t position = {.qty_e9 = qty * ONE};
    (void) snprintf (position.symbol, sizeof position.symbol, "%s", symbol);
    answer (CALL_POSITIONS, (broker_answer_t){.kind = ANSWER_OK, .positions = &position, .count = 1});
}

static __attribute__ ((unused)) void cursor (int64_t since_ns)
{
    message_t *message = core_test_message (t, MSG_LISTENER_CURSOR);
    (void) strcpy (message->listener_cursor.master_id, "master");
    message->listener_cursor.since_ns = since_ns;
    assert_int_equal (core_test_receive (t, "dispatcher", message), 0);
}

static __attribute__ ((unused)) void listening (void)
{
    (void) core_test_stream (t, STREAM_CONNECTED, "");
    (void) core_test_stream (t, STREAM_AUTHORIZED, "");
    (void) core_test_stream (t, STREAM_LISTENING, "");
}

/*  The broker answers with these activities, whether they are new or not. */
static __attribute__ ((unused)) void answer_fills (const activity_t *fills, size_t count)
{
    answer (CALL_FILLS, (broker_answer_t){.kind = ANSWER_OK, .activities = fills, .count = count});
}

static __attribute__ ((unused)) void answer_open_orders (const order_t *orders, size_t count)
{
    answer (CALL_OPEN_ORDERS, (broker_answer_t){.kind = ANSWER_OK, .orders = orders, .count = count});
}

static __attribute__ ((unused)) activity_t activity (
    const char *id, const char *order, side_t side, int64_t qty, int64_t cum)
{
    activity_t fill = {
        .side = side, .qty_e9 = qty * ONE, .cum_qty_e9 = cum * ONE, .price_e9 = ONE, .at_ns = t->utc_ns};
    (void) snprintf (fill.id, sizeof fill.id, "20260302093001123::%s", id);
    (void) snprintf (fill.order_id, sizeof fill.order_id, "%s", order);
    (void) snprintf (fill.symbol, sizeof fill.symbol, "AAPL");
    return fill;
}

static __attribute__ ((unused)) order_t order_at (
    const char *id, side_t side, order_status_t status, int64_t filled)
{
    order_t order = {.side = side, .status = status, .qty_e9 = 10 * ONE, .filled_qty_e9 = filled * ONE};
    (void) snprintf (order.id, sizeof order.id, "%s", id);
    (void) snprintf (order.symbol, sizeof order.symbol, "AAPL");
    return order;
}

static __attribute__ ((unused)) void answer_order_at (
    const char *id, side_t side, order_status_t status, int64_t filled)
{
    answer (CALL_ORDER, (broker_answer_t){.kind = ANSWER_OK, .order = order_at (id, side, status, filled)});
}

/*  Configured and listening, everything read: `qty` AAPL held, no history. */
static __attribute__ ((unused)) void up (int64_t qty)
{
    configure (1);
    cursor (0);
    answer_account (100000);
    answer_open_orders (NULL, 0);
    answer_fills (NULL, 0);
    answer_positions ("AAPL", qty);
    listening ();
    core_test_pass (t, CORE_TEST_S / 2);
    answer_fills (NULL, 0);
    answer_open_orders (NULL, 0);
    core_test_pass (t, CORE_TEST_S / 2);
    answer_fills (NULL, 0);
    core_test_pass (t, CORE_TEST_MS);
    core_test_forget (t);
}

static trade_update_t update_of (update_t kind, const char *order, const char *execution, side_t side,
    int64_t qty, int64_t cum, int64_t position)
{
    trade_update_t update = {.update = kind, .at_ns = t->utc_ns, .price_e9 = 150 * ONE, .qty_e9 = qty * ONE};
    update.position_qty_e9 = position * ONE;
    update.has_position_qty = true;
    update.order.side = side;
    update.order.qty_e9 = 10 * ONE;
    update.order.filled_qty_e9 = cum * ONE;
    update.order.status = kind == UPDATE_FILL ? STATUS_FILLED : STATUS_PARTIALLY_FILLED;
    (void) snprintf (update.execution_id, sizeof update.execution_id, "%s", execution);
    (void) snprintf (update.order.id, sizeof update.order.id, "%s", order);
    (void) snprintf (update.order.symbol, sizeof update.order.symbol, "AAPL");
    return update;
}

static void happens (trade_update_t update)
{
    assert_int_equal (core_test_update (t, &update), 0);
}

static const trade_t *state_sent (int nth)
{
    return &core_test_get (t, "dispatcher", MSG_MASTER_ORDER, nth)->master_order.trade;
}

static size_t states_sent (void)
{
    return core_test_messages (t, "dispatcher", MSG_MASTER_ORDER);
}

static __attribute__ ((unused)) void acknowledge_as (const char *x, int64_t qty, bool final)
{
    message_t *message = core_test_message (t, MSG_MASTER_ACK);
    (void) snprintf (message->master_ack.x, sizeof message->master_ack.x, "%s", x);
    message->master_ack.qty_e9 = qty * ONE;
    message->master_ack.final = final;
    assert_int_equal (core_test_receive (t, "dispatcher", message), 0);
}

static __attribute__ ((unused)) void acknowledge (const char *x, int64_t qty)
{
    acknowledge_as (x, qty, false);
}

#endif
