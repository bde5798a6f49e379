/*  gateway_change_fuzz.c: any bytes as the body of POST /api/strategy/change; what passes is a message within bounds. */
#include "actors/host/gateway_change.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
    static message_t message;
    problem_t problem = {0};
    message.kind = MSG_STRATEGY_CHANGE;
    int rc = gateway_change_parse ((const char *) bytes, size, &message.strategy_change, &problem);
    if (rc != 0 && (problem.code != -rc || !*problem.where))
        abort ();
    if (rc == 0 && message_check (&message, NULL) != 0)
        abort ();
    return 0;
}
