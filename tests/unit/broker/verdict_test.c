/*  The table of verdict.c, row by row. */
#include "broker/alpaca/verdict.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void every_status_has_its_meaning (void **state)
{
    (void) state;
    const struct {
        call_kind_t call;
        int status;
        bool has_body;
        int64_t code;
        const char *message;
        answer_kind_t kind;
    } rows[] = {
        {CALL_SUBMIT, 200, true, 0, "", ANSWER_OK},
        {CALL_CANCEL, 204, false, 0, "", ANSWER_OK},
        {CALL_SUBMIT, 400, true, 40010000, "request body format is invalid", ANSWER_REJECTED},
        {CALL_SUBMIT, 401, true, 40110000, "request is not authorized", ANSWER_AUTH},
        {CALL_SUBMIT, 401, false, 0, "", ANSWER_AUTH},
        {CALL_SUBMIT, 403, true, 0, "forbidden.", ANSWER_AUTH},
        {CALL_SUBMIT, 403, true, 40310000, "insufficient buying power", ANSWER_REJECTED},
        {CALL_ORDER, 404, true, 40410000, "order not found", ANSWER_NOT_FOUND},
        {CALL_ORDER, 404, true, 0, "endpoint not found", ANSWER_REJECTED},
        {CALL_ORDER, 404, false, 0, "", ANSWER_UNKNOWN},
        {CALL_SUBMIT, 422, true, 40010001, "client_order_id must be unique", ANSWER_TAKEN},
        {CALL_SUBMIT, 422, true, 40010001, "qty or notional is required", ANSWER_REJECTED},
        {CALL_SUBMIT, 422, true, 42210000, "fractional orders must be DAY", ANSWER_REJECTED},
        {CALL_CANCEL, 422, true, 40010001, "client_order_id must be unique", ANSWER_REJECTED},
        {CALL_SUBMIT, 429, true, 42910000, "rate limit exceeded", ANSWER_LIMITED},
        {CALL_SUBMIT, 500, true, 50010000, "internal", ANSWER_UNKNOWN},
        {CALL_SUBMIT, 503, false, 0, "", ANSWER_UNKNOWN},
        {CALL_SUBMIT, 301, false, 0, "", ANSWER_UNKNOWN},
        {CALL_SUBMIT, 408, false, 0, "", ANSWER_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        answer_kind_t kind =
            verdict_of_status (rows[i].call, rows[i].status, rows[i].has_body, rows[i].code, rows[i].message);
        if (kind != rows[i].kind)
            fail_msg ("row %zu (%d): %s", i, rows[i].status, answer_kind_text (kind));
    }
}

static void what_was_not_sent_did_not_happen_and_what_broke_is_unknown (void **state)
{
    (void) state;
    broker_answer_t answer = {0};
    rest_reply_t reply = {.started = false, .reason = "refused"};
    verdict_fill (&answer, CALL_SUBMIT, &reply);
    assert_int_equal (answer.kind, ANSWER_NOT_SENT);
    assert_string_equal (answer.message, "refused");
    reply.started = true;
    reply.status = 422; /*  even a status is no answer without its body */
    verdict_fill (&answer, CALL_SUBMIT, &reply);
    assert_int_equal (answer.kind, ANSWER_UNKNOWN);
}

static void a_refusal_says_which_order_is_in_its_way (void **state)
{
    (void) state;
    char body[] = "{\"code\":40310000,\"message\":\"potential wash trade detected. use complex orders\","
                  "\"existing_order_id\":\"61e69015-8549-4bfd-b9c3-01e75843f47d\"}";
    broker_answer_t answer = {0};
    rest_reply_t reply = {
        .started = true, .complete = true, .status = 403, .body = body, .body_size = sizeof body - 1};
    verdict_fill (&answer, CALL_SUBMIT, &reply);
    assert_int_equal (answer.kind, ANSWER_REJECTED);
    assert_string_equal (answer.existing_order_id, "61e69015-8549-4bfd-b9c3-01e75843f47d");
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (every_status_has_its_meaning),
        cmocka_unit_test (what_was_not_sent_did_not_happen_and_what_broke_is_unknown),
        cmocka_unit_test (a_refusal_says_which_order_is_in_its_way),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
