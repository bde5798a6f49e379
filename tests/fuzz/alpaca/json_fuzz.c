/*  Any bytes to every parser of the broker's JSON: the first byte chooses which. */
#include "broker/alpaca/json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void fuzz_lists (unsigned which, const char *bytes, size_t size)
{
    position_t *positions = NULL;
    order_t *orders = NULL;
    activity_t *activities = NULL;
    size_t count = 0;
    size_t seen = 0;
    char last[72] = "";
    problem_t problem;
    if (which == 0)
        (void) json_orders (bytes, size, &orders, &count, &problem);
    else if (which == 1)
        (void) json_positions (bytes, size, &positions, &count, &problem);
    else
        (void) json_activities (bytes, size, &activities, &count, &seen, last, &problem);
    free (positions);
    free (orders);
    free (activities);
}

static void fuzz_objects (unsigned which, const char *bytes, size_t size)
{
    static union {
        order_t order;
        account_t account;
        asset_t asset;
        market_clock_t clock;
        frame_t frame;
        struct {
            char message[REASON_MAX];
            char existing_order_id[ID_MAX];
        } error;
    } out;
    int64_t number = 0;
    problem_t problem;
    switch (which) {
    case 3: (void) json_order (bytes, size, &out.order, &problem); break;
    case 4: (void) json_account (bytes, size, &out.account, &problem); break;
    case 5: (void) json_asset (bytes, size, &out.asset, &problem); break;
    case 6: (void) json_clock (bytes, size, &out.clock, &problem); break;
    case 7: (void) json_latest_trade (bytes, size, &number, &problem); break;
    case 8:
        (void) json_error_body (bytes, size, &number, out.error.message, out.error.existing_order_id);
        if (!memchr (out.error.message, 0, sizeof out.error.message) ||
            !memchr (out.error.existing_order_id, 0, sizeof out.error.existing_order_id))
            abort ();
        break;
    default: (void) json_frame (bytes, size, &out.frame, &problem); break;
    }
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    unsigned which = data[0] % 10u;
    const char *bytes = (const char *) data + 1;
    if (which < 3)
        fuzz_lists (which, bytes, size - 1);
    else
        fuzz_objects (which, bytes, size - 1);
    return 0;
}
