/*  client_form.c: one check a field; each names the field and what was expected. */
#include "scripts/commands/client_form.h"

#include "messages/fixed.h"
#include "messages/trading.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/*  Where a problem is: the prefix and the field as the source spells it. */
typedef struct {
    const char *prefix;
    bool dashes;
    problem_t *problem;
} place_t;

static int refuse (const place_t *self, const char *field, const char *found, const char *expected)
{
    char where[96];
    snprintf (where, sizeof where, "%.75s%s", self->prefix, field);
    for (char *c = where + strnlen (self->prefix, 75); self->dashes && *c; c++) {
        if (*c == '_')
            *c = '-';
    }
    return problem_set (self->problem, ERR_SYNTAX, where, "\"%.60s\" found, expected %s", found, expected);
}

void client_form_defaults (client_config_t *client)
{
    assert (client);
    *client = (client_config_t){.active = true, .fractional = true};
    client->scaling = CLIENT_CONFIG_SCALING_EQUITY_BASED;
    client->direction = CLIENT_CONFIG_DIRECTION_BOTH;
    client->multiplier_e9 = FIXED_ONE;
    client->risk_percent_e9 = FIXED_ONE;
}

int client_form_bool (const char *text, bool *value_p)
{
    static const char *const words[] = {"false", "true", "no", "yes", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp (words[i], text) == 0) {
            *value_p = i % 2 == 1;
            return 0;
        }
    }
    return -ERR_SYNTAX;
}

static bool is_id_char (char c)
{
    return c > ' ' && c < 0x7f && !strchr ("\"',", c);
}

int client_form_check_id (const char *id, const char *where, problem_t *problem)
{
    assert (id && where);
    size_t size = strlen (id);
    bool good = size > 0 && size < ACCOUNT_ID_MAX && *id != '-';
    for (const char *c = id; good && *c; c++)
        good = is_id_char (*c);
    if (good)
        return 0;
    return problem_set (problem, ERR_SYNTAX, where,
        "\"%.70s\" found, expected 1 to %d printable characters without spaces, quotes and commas, not - "
        "first",
        id, ACCOUNT_ID_MAX - 1);
}

static int apply_bool (const place_t *self, const char *field, const char *text, bool *value_p)
{
    if (text && client_form_bool (text, value_p) != 0)
        return refuse (self, field, text, "true or false");
    return 0;
}

static int apply_amount (
    const place_t *self, const char *field, const char *text, int64_t most_e9, int64_t *value_p)
{
    int64_t value = 0;
    char expected[64];
    if (!text)
        return 0;
    if (fixed_parse (text, strlen (text), &value) != 0 || value <= 0 || value > most_e9) {
        snprintf (expected, sizeof expected, "a number above 0, at most %d", (int) (most_e9 / FIXED_ONE));
        return refuse (self, field, text, expected);
    }
    *value_p = value;
    return 0;
}

static char symbol_char (char c)
{
    if (c >= 'a' && c <= 'z')
        return (char) (c - 'a' + 'A');
    bool good = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '/' || c == '-';
    return good ? c : '\0';
}

/*  " aapl, MSFT " → "AAPL,MSFT"; false: not a list of symbols, or too long. */
static bool copy_symbols (const char *text, char *symbols, size_t size)
{
    size_t used = 0;
    size_t length = 0; /*  of the symbol under way */
    for (const char *c = text; *c; c++) {
        if (*c == ' ')
            continue;
        char kept = *c == ',' && length > 0 ? ',' : symbol_char (*c);
        length = kept == ',' ? 0 : length + 1;
        if (kept == '\0' || length >= SYMBOL_MAX || used + 1 >= size)
            return false;
        symbols[used++] = kept;
    }
    symbols[used] = '\0';
    return used == 0 || symbols[used - 1] != ',';
}

static int apply_symbols (
    const place_t *self, const char *field, const char *text, char *symbols, size_t size)
{
    if (text && !copy_symbols (text, symbols, size))
        return refuse (self, field, text, "symbols with commas between, at most 511 characters");
    return 0;
}

static int apply_name (const place_t *self, const char *text, client_config_t *client)
{
    if (!text)
        return 0;
    bool good = strlen (text) < sizeof client->name;
    for (const char *c = text; good && *c; c++)
        good = (unsigned char) *c >= ' ' && *c != 0x7f;
    if (!good)
        return refuse (self, "name", text, "at most 95 bytes of text");
    snprintf (client->name, sizeof client->name, "%s", text);
    return 0;
}

static int check_email (const place_t *self, const char *text)
{
    if (!text || !*text)
        return 0;
    const char *at = strchr (text, '@');
    bool good =
        at && at != text && at[1] != '\0' && !strchr (at + 1, '@') && strlen (text) < CLIENT_EMAIL_MAX;
    for (const char *c = text; good && *c; c++)
        good = (unsigned char) *c > ' ' && *c != 0x7f;
    return good ? 0 : refuse (self, "email", text, "an address like name@example.com");
}

static int apply_words (const client_form_t *form, const place_t *self, client_config_t *client)
{
    if (form->scaling && client_config_scaling_parse (form->scaling, &client->scaling) != 0)
        return refuse (self, "scaling_method", form->scaling, "equity_based, fixed_multiplier or risk_based");
    if (form->direction && client_config_direction_parse (form->direction, &client->direction) != 0)
        return refuse (self, "direction", form->direction, "both, long or short");
    return 0;
}

int client_form_apply (
    const client_form_t *self, const char *prefix, bool dashes, client_config_t *client, problem_t *problem)
{
    assert (self && prefix && client);
    const place_t place = {.prefix = prefix, .dashes = dashes, .problem = problem};
    int rc = apply_name (&place, self->name, client);
    if (rc == 0)
        rc = check_email (&place, self->email);
    if (rc == 0)
        rc = apply_words (self, &place, client);
    if (rc == 0)
        rc = apply_amount (
            &place, "multiplier", self->multiplier, CLIENT_MULTIPLIER_MAX_E9, &client->multiplier_e9);
    if (rc == 0)
        rc = apply_amount (
            &place, "risk_percent", self->risk_percent, CLIENT_RISK_PERCENT_MAX_E9, &client->risk_percent_e9);
    if (rc == 0)
        rc = apply_symbols (&place, "allow", self->allow, client->allow, sizeof client->allow);
    if (rc == 0)
        rc = apply_symbols (&place, "deny", self->deny, client->deny, sizeof client->deny);
    if (rc == 0)
        rc = apply_bool (&place, dashes ? "active" : "is_active", self->active, &client->active);
    return rc ? rc : apply_bool (&place, "fractional", self->fractional, &client->fractional);
}
