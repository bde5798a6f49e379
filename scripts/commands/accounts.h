/*  accounts.h: the CSV of accounts: header, columns in any order, one client a row. Pure (fuzzed).
 *
 *  account_id, api_key, secret_key must be there; account_name, email, is_active, scaling_method, multiplier,
 *  risk_percent, direction, allow, deny, fractional may. An empty optional field = the default.
 */
#ifndef ACCOUNTS_H
#define ACCOUNTS_H

#include "messages/error.h"
#include "messages/gen/messages.h"

#include <stddef.h>

/*  Texts are borrowed during the call; api_key and secret_key are wiped after it. */
typedef struct {
    int line;
    const client_config_t *client; /*  checked; without sealed */
    const char *api_key;
    const char *secret_key;
    const char *email; /*  "" = none */
} accounts_row_t;

/*  each() for every account; != 0 ends the parse with that value.
 *  -ERR_SYNTAX, -ERR_RANGE with *problem naming `file:line column`; never a key. */
typedef int (accounts_fn) (void *context, const accounts_row_t *row);
int accounts_parse (
    const char *file, const char *bytes, size_t size, accounts_fn *each, void *context, problem_t *problem);

/*  "file:line column" for a problem of a row, the file's end kept. Returns where. */
#define ACCOUNTS_WHERE_MAX 96
const char *accounts_where (const char *file, int line, const char *column, char where[ACCOUNTS_WHERE_MAX]);

#endif
