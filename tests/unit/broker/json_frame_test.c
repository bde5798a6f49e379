/*  Frames of the trading stream (alpaca-api.md section 3). */
#include "broker/alpaca/json.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#define ORDER                                                                                                \
    "\"order\":{\"id\":\"o\",\"client_order_id\":\"c\",\"symbol\":\"S\",\"side\":\"buy\",\"status\":"        \
    "\"filled\"}"
#define UPDATE(fields) "{\"stream\":\"trade_updates\",\"data\":{" fields "," ORDER "}}"

static int read_frame (const char *text, frame_t *frame)
{
    return json_frame (text, strlen (text), frame, NULL);
}

static void control_frames_are_told_apart (void **state)
{
    (void) state;
    const struct {
        const char *text;
        frame_kind_t kind;
    } rows[] = {
        {"{\"stream\":\"authorization\",\"data\":{\"status\":\"authorized\",\"action\":\"authenticate\"}}",
            FRAME_AUTHORIZED},
        {"{\"stream\":\"authorization\",\"data\":{\"status\":\"unauthorized\",\"action\":\"listen\"}}",
            FRAME_UNAUTHORIZED},
        {"{\"stream\":\"authorization\",\"data\":null}", FRAME_UNAUTHORIZED},
        {"{\"stream\":\"listening\",\"data\":{\"streams\":[\"x\",\"trade_updates\"]}}", FRAME_LISTENING},
        {"{\"stream\":\"listening\",\"data\":{\"streams\":[]}}", FRAME_NOT_LISTENING},
        {"{\"stream\":\"account_updates\",\"data\":{}}", FRAME_OTHER},
        {"{}", FRAME_OTHER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        frame_t frame;
        assert_int_equal (read_frame (rows[i].text, &frame), 0);
        assert_int_equal (frame.kind, rows[i].kind);
    }
    frame_t frame;
    assert_int_equal (
        read_frame ("{\"action\":\"error\",\"data\":{\"error_message\":\"slow down\"}}", &frame), 0);
    assert_int_equal (frame.kind, FRAME_ERROR);
    assert_string_equal (frame.message, "slow down");
}

static void a_fill_carries_its_own_price_and_quantity (void **state)
{
    (void) state;
    frame_t frame;
    assert_int_equal (
        read_frame (UPDATE ("\"event\":\"partial_fill\",\"execution_id\":\"e-1\",\"price\":\"10.5\","
                            "\"qty\":3,\"position_qty\":\"-3\",\"timestamp\":\"2026-03-02T14:30:00Z\""),
            &frame),
        0);
    assert_int_equal (frame.kind, FRAME_TRADE_UPDATE);
    assert_int_equal (frame.update.update, UPDATE_PARTIAL_FILL);
    assert_string_equal (frame.update.execution_id, "e-1");
    assert_int_equal (frame.update.price_e9, INT64_C (10500000000));
    assert_int_equal (frame.update.qty_e9, INT64_C (3000000000));
    assert_true (frame.update.has_position_qty);
    assert_int_equal (frame.update.position_qty_e9, INT64_C (-3000000000));
    assert_int_equal (frame.update.order.status, STATUS_FILLED);
}

static void other_events_need_less (void **state)
{
    (void) state;
    frame_t frame;
    assert_int_equal (read_frame (UPDATE ("\"event\":\"new\",\"execution_id\":null"), &frame), 0);
    assert_int_equal (frame.update.update, UPDATE_NEW);
    assert_false (frame.update.has_position_qty);
    assert_int_equal (read_frame (UPDATE ("\"event\":\"restated\""), &frame), 0);
    assert_int_equal (frame.update.update, UPDATE_OTHER);
    assert_int_equal (
        read_frame (
            UPDATE ("\"event\":\"trade_bust\",\"previous_execution_id\":\"e-0\",\"qty\":\"-2\""), &frame),
        0);
    assert_string_equal (frame.update.previous_execution_id, "e-0");
    assert_int_equal (frame.update.qty_e9, INT64_C (-2000000000));
}

static void half_updates_are_refused (void **state)
{
    (void) state;
    const char *const frames[] = {"{\"stream\":\"trade_updates\",\"data\":null}",
        "{\"stream\":\"trade_updates\",\"data\":{\"event\":\"new\"}}",
        "{\"stream\":\"trade_updates\",\"data\":{" ORDER "}}", UPDATE ("\"event\":\"fill\",\"price\":\"10\""),
        UPDATE ("\"event\":\"fill\",\"qty\":\"10\""), "[1]", "x"};
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        frame_t frame;
        assert_int_not_equal (read_frame (frames[i], &frame), 0);
    }
}

static void the_auth_frame_fits_or_is_empty (void **state)
{
    (void) state;
    char text[64];
    assert_int_equal (json_auth_frame ("K", "S", text, sizeof text), 40);
    assert_string_equal (text, "{\"action\":\"auth\",\"key\":\"K\",\"secret\":\"S\"}");
    assert_int_equal (
        json_auth_frame ("K", "a-secret-that-is-much-longer-than-the-room", text, sizeof text), 0);
    assert_int_equal (json_auth_frame ("K\"", "S", text, sizeof text), 0);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (control_frames_are_told_apart),
        cmocka_unit_test (a_fill_carries_its_own_price_and_quantity),
        cmocka_unit_test (other_events_need_less),
        cmocka_unit_test (half_updates_are_refused),
        cmocka_unit_test (the_auth_frame_fits_or_is_empty),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
