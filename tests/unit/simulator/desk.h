/*  desk.h: a trader's desk for the engine's tests: one engine, one account "Ann", a clock that only the test moves,
 *  and every event that was put out. It opens on Monday 2026-03-02 at 10:00 in New York (15:00 UTC).
 */
#ifndef DESK_H
#define DESK_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "broker/simulator/engine.h"

#include <string.h>

#define DESK_EVENTS_MAX 256
#define DESK_START_NS (INT64_C (1772463600) * ENGINE_SECOND_NS)

typedef struct {
    engine_t *engine;
    uint32_t account;
    int64_t now_ns;
    engine_error_t error;        /*  of the last refusal */
    const engine_order_t *order; /*  of the last order taken */
    engine_event_t events[DESK_EVENTS_MAX];
    size_t events_count;
} desk_t;

/*  The one desk of the program; config NULL = the default. Closed with desk_close. */
desk_t *desk_open (const engine_config_t *config);
void desk_close (void);
/*  For cmocka's setup and teardown: *state becomes the desk with the default config. */
int desk_setup (void **state);
int desk_teardown (void **state);
uint32_t desk_add_account (const char *key_id, int64_t cash_e9);
void desk_wait_ms (int64_t ms);
/*  0 or -ERR_BROKER; the engine_submit_t's missing type and time_in_force become market and day. */
int desk_send (engine_submit_t submit);
int desk_buy (const char *symbol, const char *qty);
int desk_sell (const char *symbol, const char *qty);
int desk_limit (const char *symbol, const char *side, const char *qty, const char *limit_price);
/*  Sends, waits until it is filled (20 ms), and checks that it was. */
void desk_bought (const char *symbol, const char *qty);
void desk_sold (const char *symbol, const char *qty);
void desk_price (const char *symbol, const char *price);
/*  "new fill" ...: the words of all events so far, of one account or all (UINT32_MAX). */
const char *desk_story (uint32_t account);
/*  Decimal text of an amount, in one of a few static buffers. */
const char *shown (int64_t value_e9);
int64_t e9 (const char *text);
const char *extra (const engine_error_t *error, const char *name);
engine_account_t desk_account (void);

#define assert_taken(result) assert_int_equal ((result), 0)
#define assert_refused(result, status, number, text)                                                         \
    do {                                                                                                     \
        assert_int_equal ((result), -ERR_BROKER);                                                            \
        assert_string_equal (desk_open_one ()->error.message, (text));                                       \
        assert_int_equal (desk_open_one ()->error.http_status, (status));                                    \
        assert_int_equal (desk_open_one ()->error.code, (number));                                           \
    } while (0)
#define assert_e9(value, text) assert_string_equal (shown (value), (text))

desk_t *desk_open_one (void);

#endif
