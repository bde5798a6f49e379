/*  verdict.h: what is known after an HTTP answer (messages/call.h answer_kind_t, alpaca-api.md section 4). Pure. */
#ifndef BROKER_ALPACA_VERDICT_H
#define BROKER_ALPACA_VERDICT_H

#include "broker/alpaca/rest.h"

#include "messages/call.h"

/*  Fills kind, code, message, status, times and limits of answer from a reply that has no payload to decode: all that
 *  is not a whole 2xx. For a whole 2xx kind becomes ANSWER_OK and the payload is the caller's to read. */
void verdict_fill (broker_answer_t *answer, call_kind_t call, const rest_reply_t *reply);

/*  The rule itself. has_body: the body was a JSON object (code and message are from it). */
answer_kind_t verdict_of_status (
    call_kind_t call, int status, bool has_body, int64_t code, const char *message);

#endif
