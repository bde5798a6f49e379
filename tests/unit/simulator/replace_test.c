/*  replace_test.c: PATCH orders/{id}: chains of orders, and what cannot be replaced. AAPL stands at 250. */
#include "tests/unit/simulator/desk.h"

static int replace (const engine_order_t *order, engine_replace_t fields)
{
    desk_t *desk = desk_open_one ();
    return engine_order_replace (desk->engine, desk->account, order->id, &fields, desk->now_ns, desk->now_ns,
        &desk->order, &desk->error);
}

static const engine_order_t *resting_order (void)
{
    desk_t *desk = desk_open_one ();
    assert_taken (desk_limit ("AAPL", "buy", "10", "200"));
    desk_wait_ms (5);
    return desk->order;
}

static void a_replaced_order_points_to_the_new_one_and_back (void **state)
{
    desk_t *desk = *state;
    const engine_order_t *first = resting_order ();
    assert_taken (replace (first, (engine_replace_t){.limit_price = "210"}));
    const engine_order_t *second = desk->order;
    assert_int_equal (first->state.status, STATUS_REPLACED);
    assert_string_equal (first->state.replaced_by, second->id);
    assert_string_equal (second->replaces, first->id);
    assert_string_not_equal (second->client_order_id, first->client_order_id);
    assert_e9 (second->limit_price_e9, "210");
    assert_e9 (second->qty_e9, "10");
    desk_wait_ms (5);
    assert_taken (replace (second, (engine_replace_t){.qty = "4", .limit_price = "260"}));
    assert_string_equal (second->state.replaced_by, desk->order->id);
    desk_wait_ms (20);
    assert_e9 (desk->order->state.filled_qty_e9, "4");
    /*  the event of `replaced` shows the OLD order */
    assert_string_equal (desk_story (UINT32_MAX), "new replaced new replaced new fill");
    assert_string_equal (desk->events[1].order.id, first->id);
    assert_string_equal (desk->events[1].order.state.replaced_by, second->id);
    assert_string_equal (desk->events[2].order.id, second->id);
}

static void only_what_the_exchange_has_can_be_replaced (void **state)
{
    (void) state;
    desk_t *desk = desk_open_one ();
    assert_taken (desk_limit ("AAPL", "buy", "10", "200"));
    assert_refused (replace (desk->order, (engine_replace_t){.qty = "5"}), 422, 40010001,
        "unable to replace order, order isn't sent to exchange yet");
    desk_bought ("MSFT", "1");
    assert_taken (desk_sell ("MSFT", "1"));
    const engine_order_t *sale = desk->order;
    desk_wait_ms (20);
    assert_refused (replace (sale, (engine_replace_t){.qty = "5"}), 422, 42210000,
        "order is already in \"filled\" state");
}

static void something_must_change_and_make_sense (void **state)
{
    (void) state;
    const engine_order_t *order = resting_order ();
    assert_refused (replace (order, (engine_replace_t){.limit_price = "200"}), 422, 42210000,
        "order parameters are not changed");
    assert_refused (replace (order, (engine_replace_t){.qty = "5.5"}), 422, 42210000, "qty must be integer");
    assert_refused (replace (order, (engine_replace_t){.stop_price = "5"}), 422, 40010001,
        "an order of this type has no stop_price");
    assert_refused (replace (order, (engine_replace_t){.limit_price = "200.005"}), 422, 42210000,
        "invalid limit_price 200.005. sub-penny increment does not fulfill minimum pricing criteria");
    assert_int_equal (order->state.status, STATUS_NEW);
}

static void money_orders_and_fractions_cannot_be_replaced (void **state)
{
    desk_t *desk = *state;
    assert_taken (desk_send ((engine_submit_t){
        .symbol = "AAPL", .notional = "50", .side = "buy", .type = "limit", .limit_price = "200"}));
    const engine_order_t *money = desk->order;
    assert_taken (desk_limit ("AAPL", "buy", "1.5", "200"));
    const engine_order_t *fraction = desk->order;
    desk_wait_ms (5);
    assert_refused (replace (money, (engine_replace_t){.limit_price = "210"}), 422, 42210000,
        "notional orders cannot be replaced");
    assert_refused (replace (fraction, (engine_replace_t){.limit_price = "210"}), 422, 42210000,
        "fractional orders cannot be replaced");
}

static void the_new_client_order_id_must_be_unique_too (void **state)
{
    desk_t *desk = *state;
    const engine_order_t *first = resting_order ();
    assert_refused (
        replace (first, (engine_replace_t){.qty = "5", .client_order_id = first->client_order_id}), 422,
        40010001, "client_order_id must be unique");
    assert_taken (replace (first, (engine_replace_t){.client_order_id = "second"}));
    assert_string_equal (desk->order->client_order_id, "second");
}

static void the_old_order_does_not_hold_against_the_new_one (void **state)
{
    desk_t *desk = *state;
    /*  1900 x 200 = 380,000 of 400,000 */
    assert_taken (desk_limit ("AAPL", "buy", "1900", "200"));
    desk_wait_ms (5);
    const engine_order_t *first = desk->order;
    assert_refused (
        replace (first, (engine_replace_t){.qty = "2001"}), 403, 40310000, "insufficient buying power");
    assert_taken (replace (first, (engine_replace_t){.qty = "2000"}));
    assert_e9 (desk_account ().buying_power_e9, "0");
}

static void after_a_partial_fill_the_new_order_asks_for_the_whole_again (void **state)
{
    desk_t *desk = *state;
    engine_script_t script = {.count = 1, .qty_e9 = {4 * FIXED_ONE}, .delay_ns = {0}};
    engine_fault_script (desk->engine, desk->account, &script);
    const engine_order_t *first = resting_order ();
    assert_int_equal (first->state.status, STATUS_PARTIALLY_FILLED);
    assert_taken (replace (first, (engine_replace_t){.limit_price = "260"}));
    desk_wait_ms (20);
    assert_e9 (desk->order->qty_e9, "10");
    assert_e9 (desk->order->state.filled_qty_e9, "10");
    assert_e9 (first->state.filled_qty_e9, "4");
    assert_e9 (desk->events[desk->events_count - 1].position_qty_e9, "14");
}

#define story(name) cmocka_unit_test_setup_teardown (name, desk_setup, desk_teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {
        story (a_replaced_order_points_to_the_new_one_and_back),
        story (only_what_the_exchange_has_can_be_replaced),
        story (something_must_change_and_make_sense),
        story (money_orders_and_fractions_cannot_be_replaced),
        story (the_new_client_order_id_must_be_unique_too),
        story (the_old_order_does_not_hold_against_the_new_one),
        story (after_a_partial_fill_the_new_order_asks_for_the_whole_again),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
