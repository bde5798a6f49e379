/*  verdict.c: why it exists: the one table that decides between "it did not happen", "it did" and "nobody knows".
 *
 *  | answer                                     | kind      |
 *  |--------------------------------------------|-----------|
 *  | nothing was sent                           | NOT_SENT  |
 *  | no whole answer, 5xx, 3xx, any other 4xx   | UNKNOWN   |
 *  | 2xx                                        | OK        |
 *  | 401; 403 without a broker code             | AUTH      |
 *  | 404 of the broker                          | NOT_FOUND |
 *  | 404 in HTML (a proxy's, so not the truth)  | UNKNOWN   |
 *  | 404 "endpoint not found" (a wrong address) | REJECTED  |
 *  | 429                                        | LIMITED   |
 *  | 422 to an order "must be unique"           | TAKEN     |
 *  | 400, 403 with a code, 422                  | REJECTED  |
 */
#include "broker/alpaca/verdict.h"

#include "broker/alpaca/json.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define CODE_UNIQUE 40010001 /*  shared with other complaints: the message decides */

static answer_kind_t verdict_of_422 (call_kind_t call, int64_t code, const char *message)
{
    bool is_taken = strstr (message, "client_order_id") && strstr (message, "unique");
    if (call == CALL_SUBMIT && is_taken && (code == CODE_UNIQUE || code == 0))
        return ANSWER_TAKEN;
    return ANSWER_REJECTED;
}

static answer_kind_t verdict_of_404 (bool has_body, int64_t code, const char *message)
{
    if (!has_body)
        return ANSWER_UNKNOWN;
    return code == 0 && strstr (message, "endpoint not found") ? ANSWER_REJECTED : ANSWER_NOT_FOUND;
}

answer_kind_t verdict_of_status (
    call_kind_t call, int status, bool has_body, int64_t code, const char *message)
{
    assert (message);
    if (status >= 200 && status <= 299)
        return ANSWER_OK;
    switch (status) {
    case 400: return ANSWER_REJECTED;
    case 401: return ANSWER_AUTH;
    case 403: return code ? ANSWER_REJECTED : ANSWER_AUTH;
    case 404: return verdict_of_404 (has_body, code, message);
    case 422: return verdict_of_422 (call, code, message);
    case 429: return ANSWER_LIMITED;
    default: return ANSWER_UNKNOWN;
    }
}

static void verdict_say (broker_answer_t *answer, const char *reason)
{
    (void) snprintf (
        answer->message, sizeof answer->message, "%.*s", (int) sizeof answer->message - 1, reason);
}

void verdict_fill (broker_answer_t *answer, call_kind_t call, const rest_reply_t *reply)
{
    assert (answer && reply);
    answer->http_status = reply->status;
    answer->sent_at_ns = reply->sent_at_ns;
    answer->answered_at_ns = reply->answered_at_ns;
    answer->broker_date_ns = reply->date_ns;
    answer->limit = reply->limit;
    answer->remaining = reply->remaining;
    answer->retry_at_ns =
        reply->limit_reset_ns > reply->retry_after_ns ? reply->limit_reset_ns : reply->retry_after_ns;
    if (!reply->started || !reply->complete) {
        answer->kind = reply->started ? ANSWER_UNKNOWN : ANSWER_NOT_SENT;
        verdict_say (answer, reply->reason);
        return;
    }
    bool has_body = false;
    if (reply->status > 299)
        has_body = json_error_body (reply->body, reply->body_size, &answer->code, answer->message,
                       answer->existing_order_id) == 0;
    answer->kind = verdict_of_status (call, reply->status, has_body, answer->code, answer->message);
    if (answer->kind != ANSWER_OK && !answer->message[0])
        (void) snprintf (answer->message, sizeof answer->message, "HTTP %d without a message", reply->status);
}
