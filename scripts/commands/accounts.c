/*  accounts.c: finds the columns by the header's names, then reads each row through client_form. */
#include "scripts/commands/accounts.h"

#include "scripts/commands/client_form.h"
#include "scripts/commands/csv.h"
#include "storage/vault.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define COLUMN_LIST(_)                                                                                       \
    _ (ACCOUNT_ID, "account_id")                                                                             \
    _ (API_KEY, "api_key")                                                                                   \
    _ (SECRET_KEY, "secret_key")                                                                             \
    _ (NAME, "account_name")                                                                                 \
    _ (EMAIL, "email")                                                                                       \
    _ (ACTIVE, "is_active")                                                                                  \
    _ (SCALING, "scaling_method")                                                                            \
    _ (MULTIPLIER, "multiplier")                                                                             \
    _ (RISK, "risk_percent")                                                                                 \
    _ (DIRECTION, "direction")                                                                               \
    _ (ALLOW, "allow")                                                                                       \
    _ (DENY, "deny")                                                                                         \
    _ (FRACTIONAL, "fractional")

#define _(id, text) COLUMN_##id,
typedef enum { COLUMN_LIST (_) COLUMN_COUNT } column_t;
#undef _
#define _(id, text) [COLUMN_##id] = (text),
static const char *const names[COLUMN_COUNT] = {COLUMN_LIST (_)};
#undef _
#define REQUIRED_COUNT (COLUMN_SECRET_KEY + 1)

typedef struct {
    const char *file;
    accounts_fn *each;
    void *context;
    problem_t *problem;
    bool has_header;
    int index[COLUMN_COUNT]; /*  of the column in a row, -1 = not there */
    size_t width;
} reader_t;

const char *accounts_where (const char *file, int line, const char *column, char where[ACCOUNTS_WHERE_MAX])
{
    size_t size = strlen (file);
    const char *shown = size > 56 ? file + size - 56 : file;
    snprintf (where, ACCOUNTS_WHERE_MAX, "%.56s:%d%s%.20s", shown, line, *column ? " " : "", column);
    return where;
}

static int refuse (const reader_t *self, int line, const char *column, const char *what)
{
    char where[ACCOUNTS_WHERE_MAX];
    return problem_set (
        self->problem, ERR_SYNTAX, accounts_where (self->file, line, column, where), "%s", what);
}

static int find_column (const char *name)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        if (strcasecmp (names[i], name) == 0)
            return i;
    }
    return -1;
}

static int on_header (reader_t *self, const csv_row_t *row)
{
    memset (self->index, -1, sizeof self->index);
    for (size_t i = 0; i < row->count; i++) {
        int column = find_column (row->fields[i]);
        if (column < 0)
            return refuse (self, row->line, "",
                "an unknown column in the header, expected account_id, api_key, secret_key, "
                "account_name, email, is_active, scaling_method, multiplier, risk_percent, direction, allow, "
                "deny, fractional");
        if (self->index[column] >= 0)
            return refuse (self, row->line, names[column], "twice in the header, expected once");
        self->index[column] = (int) i;
    }
    for (int i = 0; i < REQUIRED_COUNT; i++) {
        if (self->index[i] < 0)
            return refuse (self, row->line, names[i], "no such column in the header, expected it");
    }
    self->width = row->count;
    self->has_header = true;
    return 0;
}

/*  NULL: no such column, or empty. */
static const char *field (const reader_t *self, const csv_row_t *row, column_t column)
{
    int index = self->index[column];
    return index >= 0 && *row->fields[index] ? row->fields[index] : NULL;
}

static int check_keys (const reader_t *self, const csv_row_t *row)
{
    for (int column = COLUMN_API_KEY; column <= COLUMN_SECRET_KEY; column++) {
        const char *key = field (self, row, (column_t) column);
        bool good = key && strlen (key) < VAULT_TEXT_MAX;
        for (const char *c = key; good && *c; c++)
            good = *c > ' ' && *c < 0x7f;
        if (!good)
            return refuse (self, row->line, names[column], "expected 1 to 191 printable characters");
    }
    return 0;
}

static int read_client (const reader_t *self, const csv_row_t *row, client_config_t *client)
{
    char prefix[ACCOUNTS_WHERE_MAX];
    char where[ACCOUNTS_WHERE_MAX];
    const client_form_t form = {
        .name = field (self, row, COLUMN_NAME),
        .email = field (self, row, COLUMN_EMAIL),
        .scaling = field (self, row, COLUMN_SCALING),
        .multiplier = field (self, row, COLUMN_MULTIPLIER),
        .risk_percent = field (self, row, COLUMN_RISK),
        .direction = field (self, row, COLUMN_DIRECTION),
        .allow = field (self, row, COLUMN_ALLOW),
        .deny = field (self, row, COLUMN_DENY),
        .active = field (self, row, COLUMN_ACTIVE),
        .fractional = field (self, row, COLUMN_FRACTIONAL),
    };
    const char *id = field (self, row, COLUMN_ACCOUNT_ID);
    accounts_where (self->file, row->line, names[COLUMN_ACCOUNT_ID], where);
    int rc = client_form_check_id (id ? id : "", where, self->problem);
    if (rc)
        return rc;
    snprintf (client->client_id, sizeof client->client_id, "%s", id);
    accounts_where (self->file, row->line, "", prefix);
    strncat (prefix, " ", sizeof prefix - strlen (prefix) - 1);
    return client_form_apply (&form, prefix, false, client, self->problem);
}

static int on_row (void *context, const csv_row_t *row)
{
    reader_t *self = context;
    if (!self->has_header)
        return on_header (self, row);
    char what[64];
    if (row->count != self->width) {
        snprintf (what, sizeof what, "%zu columns, expected %zu as in the header", row->count, self->width);
        return refuse (self, row->line, "", what);
    }
    client_config_t client;
    client_form_defaults (&client);
    int rc = read_client (self, row, &client);
    if (rc == 0)
        rc = check_keys (self, row);
    if (rc)
        return rc;
    const char *email = field (self, row, COLUMN_EMAIL);
    const accounts_row_t account = {.line = row->line,
        .client = &client,
        .api_key = field (self, row, COLUMN_API_KEY),
        .secret_key = field (self, row, COLUMN_SECRET_KEY),
        .email = email ? email : ""};
    return self->each (self->context, &account);
}

int accounts_parse (
    const char *file, const char *bytes, size_t size, accounts_fn *each, void *context, problem_t *problem)
{
    assert (file && each);
    reader_t self = {.file = file, .each = each, .context = context, .problem = problem};
    int rc = csv_parse (file, bytes, size, on_row, &self, problem);
    if (rc == 0 && !self.has_header)
        return refuse (
            &self, 1, "", "the file is empty, expected a header: account_id,api_key,secret_key,...");
    return rc;
}
