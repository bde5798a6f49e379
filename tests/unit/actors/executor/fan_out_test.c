/*  fan_out_test.c: one command, many clients: who is first, and what it costs. */
#include <stdio.h>
#include <string.h>

#include "tests/lib/heap.h"
#include "tests/unit/actors/executor/shard_story.h"

#define CLIENTS 8

static story_t *story_of_all (void)
{
    story_t *story = story_new ();
    for (int at = 0; at < CLIENTS; at++) {
        char id[24];
        (void) snprintf (id, sizeof id, "client-%d", at);
        (void) story_draft (story, id);
        story_add (story);
    }
    story_warm (story, E9 (10000), 0);
    return story;
}

/*  Every 10 s the master buys; eight clients follow. */
static void test_nobody_is_always_last (void **state)
{
    (void) state;
    story_t *story = story_of_all ();
    unsigned first = 0;
    unsigned last = 0;
    for (int trade = 0; trade < 14; trade++) {
        char x[16];
        (void) snprintf (x, sizeof x, "x%d", trade);
        core_test_forget (story->test);
        story_opens (story, x, TRADE_SIDE_BUY, E9 (10));
        assert_int_equal (story_orders (story), CLIENTS);
        first |= 1u << core_test_call (story->test, CALL_SUBMIT, 0)->account;
        last |= 1u << core_test_call (story->test, CALL_SUBMIT, -1)->account;
        for (int at = 0; at < CLIENTS; at++)
            story_fills (story, at, E9 (5));
        core_test_pass (story->test, CORE_TEST_S);
    }
    assert_int_equal (first, (1u << CLIENTS) - 1); /*  each of them was */
    assert_int_equal (last, (1u << CLIENTS) - 1);
    story_free (story);
}

/*  A step whose effects nobody keeps: what it asks of the heap is the core's and the codec's. */
static uint64_t allocations_of (story_t *story, const event_t *what)
{
    core_test_t *test = story->test;
    event_t event = *what;
    event.now_ns = test->now_ns;
    event.utc_ns = test->utc_ns;
    uint64_t before = heap_allocations_of_mine ();
    effects_clear (test->effects);
    assert_int_equal (test->ops->step (test->core, &event, test->effects), 0);
    return heap_allocations_of_mine () - before;
}

static uint64_t allocations_of_answers (story_t *story)
{
    broker_call_t calls[CLIENTS];
    size_t count = 0;
    uint64_t allocations = 0;
    for (size_t at = 0; at < story->test->effects->count && count < CLIENTS; at++) {
        const effect_t *effect = &story->test->effects->list[at];
        if (effect->kind == EFFECT_CALL && effect->call.kind == CALL_SUBMIT)
            calls[count++] = effect->call;
    }
    assert_int_equal (count, CLIENTS);
    for (size_t at = 0; at < count; at++) {
        broker_answer_t answer = {
            .call = CALL_SUBMIT, .account = calls[at].account, .token = calls[at].token};
        answer.order = (order_t){.status = STATUS_FILLED,
            .side = SIDE_BUY,
            .qty_e9 = calls[at].request.qty_e9,
            .filled_qty_e9 = calls[at].request.qty_e9,
            .filled_avg_price_e9 = E9 (100)};
        (void) strcpy (answer.order.client_order_id, calls[at].request.client_order_id);
        (void) strcpy (answer.order.symbol, "AAPL");
        (void) strcpy (answer.order.id, "order");
        allocations +=
            allocations_of (story, &(event_t){.kind = EVENT_BROKER_ANSWER, .from = "", .answer = &answer});
    }
    return allocations;
}

/*  Two trades to warm up; at the third nothing is asked of the heap, from the bytes of the command to the bytes of the
 *  outcomes. */
static void test_a_fan_out_asks_nothing_of_the_heap (void **state)
{
    (void) state;
    static message_t message;
    static uint8_t bytes[MESSAGE_BYTES_MAX];
    size_t size = 0;
    uint64_t allocations = 1;
    story_t *story = story_of_all ();
    for (int trade = 0; trade < 3; trade++) {
        message_t *command = core_test_message (story->test, MSG_COPY_COMMAND);
        story->trade.qty_e9 = 0;
        (void) snprintf (story->trade.x, sizeof story->trade.x, "x%d", trade);
        (void) strcpy (story->trade.master_id, "master");
        (void) strcpy (story->trade.symbol, "AAPL");
        story->trade.qty_e9 = story->trade.opened_e9 = E9 (10);
        story->trade.order_qty_e9 = E9 (10);
        story->trade.remaining_e18 = FRACTION_ONE;
        story->trade.price_e9 = E9 (100);
        story->trade.master_equity_e9 = E9 (100000);
        story->trade.first_at_ns = story->trade.executed_at_ns = story->test->utc_ns;
        story->trade.received_at_ns = story->test->utc_ns;
        command->copy_command =
            (copy_command_t){.sequence = (uint64_t) trade + 1, .epoch = 1, .trade = story->trade};
        assert_int_equal (message_encode (command, bytes, sizeof bytes, &size), 0);
        uint64_t before = heap_allocations_of_mine ();
        assert_int_equal (message_decode (MSG_COPY_COMMAND, bytes, size, &message, NULL), 0);
        allocations = heap_allocations_of_mine () - before;
        allocations += allocations_of (
            story, &(event_t){.kind = MSG_COPY_COMMAND, .from = "dispatcher", .message = &message});
        allocations += allocations_of_answers (story);
    }
    if (heap_counts ()) /*  a sanitizer has a heap of its own */
        assert_int_equal (allocations, 0);
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_nobody_is_always_last),
        cmocka_unit_test (test_a_fan_out_asks_nothing_of_the_heap)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
