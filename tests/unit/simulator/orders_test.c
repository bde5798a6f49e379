/*  orders_test.c: GET orders with all its filters and pages, and the list that lags. */
#include "tests/unit/simulator/desk.h"

static engine_order_t listed[ENGINE_LIST_MAX];
static char joined[2048];

static int list (engine_order_filter_t filter)
{
    desk_t *desk = desk_open_one ();
    size_t count = 0;
    int result = engine_orders_list (
        desk->engine, desk->account, &filter, desk->now_ns, listed, ENGINE_LIST_MAX, &count, &desk->error);
    joined[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        strcat (joined, i ? " " : "");
        strcat (joined, listed[i].client_order_id);
    }
    return result;
}

#define assert_list(filter_fields, text)                                                                     \
    do {                                                                                                     \
        assert_taken (list ((engine_order_filter_t) filter_fields));                                         \
        assert_string_equal (joined, text);                                                                  \
    } while (0)
#define _(...)                                                                                               \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

static const engine_order_t *place (
    const char *name, const char *symbol, const char *side, const char *limit_price)
{
    desk_t *desk = desk_open_one ();
    bool crypto = strchr (symbol, '/') != NULL;
    assert_taken (desk_send ((engine_submit_t){.symbol = symbol,
        .qty = "1",
        .side = side,
        .type = "limit",
        .time_in_force = crypto ? "gtc" : "day",
        .limit_price = limit_price,
        .client_order_id = name}));
    desk_wait_ms (1000);
    return desk->order;
}

/*  a: open AAPL buy, b: filled MSFT buy, c: open crypto buy, d: open short sale of KO; one second apart */
static const engine_order_t *placed[4];

static int book_setup (void **state)
{
    *state = desk_open (NULL);
    placed[0] = place ("a", "AAPL", "buy", "200");
    placed[1] = place ("b", "MSFT", "buy", "900");
    placed[2] = place ("c", "ETH/USD", "buy", "100");
    placed[3] = place ("d", "KO", "sell", "90");
    return 0;
}

static void by_status (void **state)
{
    (void) state;
    assert_list (_ (0), "d c a");
    assert_list (_ (.status = "open"), "d c a");
    assert_list (_ (.status = "closed"), "b");
    assert_list (_ (.status = "all"), "d c b a");
    assert_refused (
        list ((engine_order_filter_t){.status = "odd"}), 422, 40010001, "invalid order status: odd");
}

static void by_direction_and_limit (void **state)
{
    (void) state;
    assert_list (_ (.status = "all", .direction = "asc"), "a b c d");
    assert_list (_ (.status = "all", .direction = "asc", .limit = "2"), "a b");
    assert_list (_ (.status = "all", .limit = "1"), "d");
    assert_refused (
        list ((engine_order_filter_t){.limit = "501"}), 422, 40010001, "limit must be between 1 and 500");
    assert_refused (
        list ((engine_order_filter_t){.limit = "0"}), 422, 40010001, "limit must be between 1 and 500");
}

static void by_symbol_side_and_class (void **state)
{
    (void) state;
    assert_list (_ (.status = "all", .symbols = "MSFT,AAPL"), "b a");
    assert_list (_ (.symbols = "ETHUSD"), "c");
    assert_list (_ (.symbols = "TSLA"), "");
    assert_list (_ (.side = "sell"), "d");
    assert_list (_ (.asset_class = "crypto"), "c");
    assert_list (_ (.asset_class = "us_equity"), "d a");
    assert_list (_ (.asset_class = "all"), "d c a");
}

static void by_time_exclusively (void **state)
{
    (void) state;
    char second[TIME_TEXT_MAX], fourth[TIME_TEXT_MAX];
    time_format (placed[1]->submitted_at_ns, second);
    time_format (placed[3]->submitted_at_ns, fourth);
    assert_list (_ (.status = "all", .after = second), "d c");
    assert_list (_ (.status = "all", .until = fourth), "c b a");
    assert_list (_ (.status = "all", .after = second, .until = fourth), "c");
    assert_list (_ (.status = "all", .after = "2026-03-03"), "");
    assert_list (_ (.status = "all", .after = "2026-03-02"), "d c b a");
    assert_refused (list ((engine_order_filter_t){.after = "noon"}), 422, 40010001,
        "invalid format for parameter after: noon");
}

static void by_cursor_and_never_both (void **state)
{
    (void) state;
    assert_list (_ (.status = "all", .before_order_id = placed[2]->id), "b a");
    assert_list (_ (.status = "all", .after_order_id = placed[1]->id), "d c");
    assert_refused (
        list ((engine_order_filter_t){.before_order_id = placed[2]->id, .after_order_id = placed[1]->id}),
        422, 40010001, "only one of before_order_id, after_order_id, or after with until is accepted");
    assert_refused (list ((engine_order_filter_t){.before_order_id = placed[2]->id, .after = "2026-03-02"}),
        422, 40010001, "only one of before_order_id, after_order_id, or after with until is accepted");
}

static void fifty_unless_told_and_pages_cover_everything_once (void **state)
{
    desk_t *desk = *state;
    for (int i = 0; i < 120; i++)
        assert_taken (desk_limit ("AAPL", "buy", "1", "200"));
    size_t count = 0;
    engine_order_filter_t filter = {.status = "all"};
    assert_int_equal (engine_orders_list (desk->engine, desk->account, &filter, desk->now_ns, listed,
                          ENGINE_LIST_MAX, &count, &desk->error),
        0);
    assert_int_equal (count, 50);
    filter = (engine_order_filter_t){.status = "all", .limit = "100", .direction = "desc"};
    uint64_t expected = 124;
    char last[ID_MAX];
    do {
        assert_int_equal (engine_orders_list (desk->engine, desk->account, &filter, desk->now_ns, listed,
                              ENGINE_LIST_MAX, &count, &desk->error),
            0);
        for (size_t i = 0; i < count; i++, expected--)
            assert_int_equal (listed[i].number, expected);
        memcpy (last, listed[count - 1].id, sizeof last);
        filter.before_order_id = last;
    } while (count == 100);
    assert_int_equal (expected, 0);
}

static void with_lag_the_list_and_the_stream_come_late_but_the_order_itself_is_current (void **state)
{
    desk_t *desk = *state;
    engine_fault_list_lag (desk->engine, 150 * ENGINE_MS_NS, 250 * ENGINE_MS_NS);
    desk->events_count = 0;
    assert_taken (desk_send (
        (engine_submit_t){.symbol = "AAPL", .qty = "1", .side = "buy", .client_order_id = "late"}));
    desk_wait_ms (100);
    assert_int_equal (desk->order->state.status, STATUS_FILLED);
    assert_list (_ (.symbols = "AAPL", .status = "all"), "a");
    assert_string_equal (desk_story (UINT32_MAX), "");
    desk_wait_ms (200);
    assert_list (_ (.symbols = "AAPL", .status = "all"), "late a");
    assert_int_equal (listed[0].state.status, STATUS_FILLED);
    assert_string_equal (desk_story (UINT32_MAX), "new fill");
    assert_true (desk->events[1].at_ns - desk->events[1].timestamp_ns >= 150 * ENGINE_MS_NS);
}

#define story(name) cmocka_unit_test_setup_teardown (name, book_setup, desk_teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {
        story (by_status),
        story (by_direction_and_limit),
        story (by_symbol_side_and_class),
        story (by_time_exclusively),
        story (by_cursor_and_never_both),
        story (fifty_unless_told_and_pages_cover_everything_once),
        story (with_lag_the_list_and_the_stream_come_late_but_the_order_itself_is_current),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
