/*  The quick reading of a trade update and the document's say the same, or the quick one says nothing. */
#include "broker/alpaca/frame_scan.h"
#include "tests/unit/broker/damage.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#define TEXT_MAX 2048
#define NOT_PLAIN "{\"not\":[1],"

#define ORDER                                                                                                \
    "\"order\":{\"id\":\"61e69015-8549-4bfd-b9c3-01e75843f47d\",\"client_order_id\":\"c\",\"symbol\":"       \
    "\"AAPL\",\"side\":\"buy\",\"type\":\"market\",\"time_in_force\":\"day\",\"status\":\"filled\",\"qty\":" \
    "\"1\",\"filled_qty\":\"1\",\"legs\":null}"
#define FILL                                                                                                 \
    "\"event\":\"fill\",\"event_id\":\"01J\",\"execution_id\":\"e-1\",\"price\":\"10.5\",\"qty\":\"3\","     \
    "\"position_qty\":\"-3\",\"timestamp\":\"2026-03-02T14:30:00.25Z\""
#define FRAME(data) "{\"stream\":\"trade_updates\",\"data\":{" data "}}"

static const char whole[] = FRAME (FILL "," ORDER);

/*  The same after a member that is not plain: only the document can read it. */
static bool read_document (const char *text, size_t size, frame_t *frame)
{
    char longer[TEXT_MAX + sizeof NOT_PLAIN];
    assert_true (size <= TEXT_MAX && size > 0 && text[0] == '{');
    memcpy (longer, NOT_PLAIN, sizeof NOT_PLAIN - 1);
    memcpy (longer + sizeof NOT_PLAIN - 1, text + 1, size - 1);
    return json_frame (longer, size + sizeof NOT_PLAIN - 2, frame, NULL) == 0;
}

/*  true: it was understood, and rightly. */
static bool agrees (const char *text, size_t size)
{
    static frame_t scanned;
    static frame_t document;
    if (!frame_scan (text, size, &scanned))
        return false;
    if (!read_document (text, size, &document) || memcmp (&scanned, &document, sizeof scanned) != 0)
        fail_msg ("read otherwise: %.*s", (int) size, text);
    return true;
}

static void a_whole_update_is_understood (void **state)
{
    (void) state;
    frame_t frame;
    assert_true (agrees (whole, strlen (whole)));
    assert_true (frame_scan (whole, strlen (whole), &frame));
    assert_int_equal (frame.kind, FRAME_TRADE_UPDATE);
    assert_int_equal (frame.update.update, UPDATE_FILL);
    assert_string_equal (frame.update.execution_id, "e-1");
    assert_int_equal (frame.update.price_e9, INT64_C (10500000000));
    assert_int_equal (frame.update.qty_e9, INT64_C (3000000000));
    assert_true (frame.update.has_position_qty);
    assert_int_equal (frame.update.position_qty_e9, INT64_C (-3000000000));
    assert_int_equal (frame.update.at_ns % 1000000000, 250000000);
    assert_string_equal (frame.update.order.symbol, "AAPL");
}

static void what_is_plain_agrees_and_the_rest_is_left (void **state)
{
    static const struct {
        const char *text;
        bool plain;
    } cases[] = {
        {FRAME (ORDER "," FILL), true},
        {" { \"stream\" : \"trade_updates\" , \"data\" : { " FILL " , " ORDER " } } ",
            false}, /*  see below */
        {FRAME ("\"event\":\"new\"," ORDER), true},
        {FRAME ("\"event\":\"never heard of\"," ORDER), true},
        {FRAME (FILL ",\"qty\":4," ORDER), true}, /*  the last one counts */
        {FRAME (FILL ",\"position_qty\":null," ORDER), true},
        {FRAME (FILL ",\"qty\":\"\"," ORDER), false},
        {FRAME (FILL ",\"price\":null," ORDER), false},
        {FRAME (FILL ",\"execution_id\":true," ORDER), false},
        {FRAME (FILL ",\"position_qty\":\"x\"," ORDER), false},
        {FRAME (FILL "," ORDER "," ORDER), false},
        {FRAME (FILL), false},
        {FRAME (FILL ",\"order\":null"), false},
        {FRAME ("\"price\":\"1\",\"qty\":\"1\"," ORDER), false},
        {"{\"stream\":\"trade_updates\",\"data\":null}", false},
        {"{\"stream\":\"authorization\",\"data\":{" FILL "," ORDER "}}", false},
        {"{\"stream\":\"trade_updates\",\"data\":{" FILL "," ORDER "},\"x\":1}", false},
        {"{\"data\":{" FILL "," ORDER "},\"stream\":\"trade_updates\"}", false},
        {"[]", false},
        {"", false},
    };
    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].text[0] == ' ') { /*  spaces are fine; the comparison needs the brace in front */
            frame_t frame;
            assert_true (frame_scan (cases[i].text, strlen (cases[i].text), &frame));
            continue;
        }
        if (agrees (cases[i].text, strlen (cases[i].text)) != cases[i].plain)
            fail_msg ("%s: %s", cases[i].text, cases[i].plain ? "left" : "taken");
    }
}

static void damaged_updates_are_never_read_otherwise (void **state)
{
    (void) state;
    uint64_t seed = 20260302;
    size_t understood = 0;
    for (int round = 0; round < 20000; round++) {
        char text[sizeof whole];
        memcpy (text, whole, sizeof whole);
        size_t size = damage (text, strlen (whole), 1, &seed);
        understood += agrees (text, size);
    }
    assert_true (understood > 2000); /*  else this test would prove nothing */
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (a_whole_update_is_understood),
        cmocka_unit_test (what_is_plain_agrees_and_the_rest_is_left),
        cmocka_unit_test (damaged_updates_are_never_read_otherwise),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
