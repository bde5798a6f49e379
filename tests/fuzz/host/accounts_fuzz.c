/*  accounts_fuzz.c: any bytes as a CSV of accounts; what passes keeps its bounds. */
#include "scripts/commands/accounts.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size);

static int on_account (void *context, const accounts_row_t *row)
{
    (void) context;
    if (row->line < 2 || !*row->client->client_id || !*row->api_key || !*row->secret_key ||
        strlen (row->email) > 127)
        abort ();
    return 0;
}

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size)
{
    problem_t problem = {0};
    int rc = accounts_parse ("a.csv", (const char *) bytes, size, on_account, NULL, &problem);
    if (rc != 0 && problem.code != -rc)
        abort ();
    return 0;
}
