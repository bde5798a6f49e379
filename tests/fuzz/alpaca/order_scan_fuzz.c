/*  Whatever order_scan understands, the JSON document says too, word by word. */
#include "broker/alpaca/json.h"
#include "broker/alpaca/order_scan.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static char list[4096];
    static order_t scanned;
    order_t *read = NULL;
    size_t count = 0;
    problem_t problem;
    if (size + 2 > sizeof list || !order_scan ((const char *) data, size, &scanned))
        return 0;
    list[0] = '[';
    memcpy (list + 1, data, size);
    list[size + 1] = ']';
    int rc = json_orders (list, size + 2, &read, &count, &problem);
    if (rc != 0 || count != 1 || memcmp (read, &scanned, sizeof scanned) != 0)
        abort ();
    free (read);
    return 0;
}
