/*  desk.c: see desk.h. */
#include "tests/unit/simulator/desk.h"

#include <stdio.h>
#include <stdlib.h>

static desk_t the_desk;

static void on_event (void *context, const engine_event_t *event)
{
    desk_t *desk = context;
    assert_true (desk->events_count < DESK_EVENTS_MAX);
    desk->events[desk->events_count++] = *event;
}

desk_t *desk_open_one (void)
{
    return &the_desk;
}

desk_t *desk_open (const engine_config_t *config)
{
    engine_config_t defaults;
    engine_config_default (&defaults);
    memset (&the_desk, 0, sizeof the_desk);
    the_desk.now_ns = DESK_START_NS;
    the_desk.engine = engine_new (config ? config : &defaults, the_desk.now_ns);
    assert_non_null (the_desk.engine);
    engine_on_event (the_desk.engine, on_event, &the_desk);
    the_desk.account = desk_add_account ("ANN", 0);
    return &the_desk;
}

void desk_close (void)
{
    engine_destroy (&the_desk.engine);
    assert_null (the_desk.engine);
}

int desk_setup (void **state)
{
    *state = desk_open (NULL);
    return 0;
}

int desk_teardown (void **state)
{
    (void) state;
    desk_close ();
    return 0;
}

uint32_t desk_add_account (const char *key_id, int64_t cash_e9)
{
    engine_account_setup_t setup;
    engine_account_setup_default (&setup);
    setup.key_id = key_id;
    setup.secret = "secret";
    setup.cash_e9 = cash_e9;
    uint32_t account = UINT32_MAX;
    problem_t problem;
    assert_int_equal (
        engine_account_create (the_desk.engine, &setup, the_desk.now_ns, &account, &problem), 0);
    return account;
}

void desk_wait_ms (int64_t ms)
{
    the_desk.now_ns += ms * ENGINE_MS_NS;
    engine_advance (the_desk.engine, the_desk.now_ns);
}

int desk_send (engine_submit_t submit)
{
    if (!submit.type)
        submit.type = "market";
    if (!submit.time_in_force)
        submit.time_in_force = "day";
    return engine_order_submit (the_desk.engine, the_desk.account, &submit, the_desk.now_ns, the_desk.now_ns,
        &the_desk.order, &the_desk.error);
}

int desk_buy (const char *symbol, const char *qty)
{
    return desk_send ((engine_submit_t){.symbol = symbol, .qty = qty, .side = "buy"});
}

int desk_sell (const char *symbol, const char *qty)
{
    return desk_send ((engine_submit_t){.symbol = symbol, .qty = qty, .side = "sell"});
}

int desk_limit (const char *symbol, const char *side, const char *qty, const char *limit_price)
{
    return desk_send ((engine_submit_t){
        .symbol = symbol, .qty = qty, .side = side, .type = "limit", .limit_price = limit_price});
}

static void desk_filled (int result)
{
    assert_taken (result);
    desk_wait_ms (20);
    assert_int_equal (the_desk.order->state.status, STATUS_FILLED);
}

void desk_bought (const char *symbol, const char *qty)
{
    desk_filled (desk_buy (symbol, qty));
}

void desk_sold (const char *symbol, const char *qty)
{
    desk_filled (desk_sell (symbol, qty));
}

void desk_price (const char *symbol, const char *price)
{
    assert_int_equal (engine_price_set (the_desk.engine, symbol, e9 (price), the_desk.now_ns), 0);
}

const char *desk_story (uint32_t account)
{
    static char story[DESK_EVENTS_MAX * 24];
    size_t used = 0;
    story[0] = '\0';
    for (size_t i = 0; i < the_desk.events_count; i++) {
        if (account != UINT32_MAX && the_desk.events[i].account != account)
            continue;
        used += (size_t) snprintf (story + used, sizeof story - used, "%s%s", used ? " " : "",
            update_text (the_desk.events[i].update));
    }
    return story;
}

const char *shown (int64_t value_e9)
{
    static char texts[8][FIXED_TEXT_MAX];
    static unsigned next;
    char *text = texts[next++ % 8];
    fixed_format (value_e9, text);
    return text;
}

int64_t e9 (const char *text)
{
    int64_t value_e9 = 0;
    assert_int_equal (fixed_parse (text, strlen (text), &value_e9), 0);
    return value_e9;
}

const char *extra (const engine_error_t *error, const char *name)
{
    for (size_t i = 0; i < error->extras_count; i++)
        if (strcmp (error->extras[i].name, name) == 0)
            return error->extras[i].value;
    return "(absent)";
}

engine_account_t desk_account (void)
{
    engine_account_t account;
    engine_account_get (the_desk.engine, the_desk.account, the_desk.now_ns, &account);
    return account;
}
