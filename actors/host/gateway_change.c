/*  gateway_change.c: from JSON to a message, field by field. Numbers arrive as the digits that were written. */
#include "actors/host/gateway_change.h"

#include "broker/alpaca/json_field.h"
#include "messages/fixed.h"
#include "messages/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define CLIENTS_MAX (sizeof ((strategy_change_t *) NULL)->clients / sizeof (named_t))

/*  Of a field's name that is shown as it is. */
#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

static const char s_method[] = "parameters.scaling_method";
static const char s_clients[] = "parameters.clients";

static int only_known (
    json_t *object, const char *prefix, const char *const *names, const char *expected, problem_t *problem)
{
    const char *key;
    json_t *value;
    json_object_foreach (object, key, value)
    {
        char where[96];
        bool known = false;
        for (size_t n = 0; names[n] && !known; n++)
            known = strcmp (names[n], key) == 0;
        if (known)
            continue;
        bool is_word = *key && key[strspn (key, WORD)] == '\0' && strlen (key) <= 60;
        (void) snprintf (where, sizeof where, "%s%s", prefix, is_word ? key : "?");
        return problem_set (problem, ERR_SYNTAX, where, "no such field; expected %s", expected);
    }
    return 0;
}

/*  Printable, without quotes and backslashes. */
static bool is_plain (const char *text, size_t max)
{
    size_t length = strlen (text);
    bool good = length > 0 && length <= max;
    for (const char *c = text; good && *c; c++)
        good = (unsigned char) *c >= ' ' && *c != 0x7f && *c != '"' && *c != '\\';
    return good;
}

static int take_id (json_t *root, strategy_change_t *change, problem_t *problem)
{
    const char *text = field_text (root, "strategy_id");
    if (!text || !is_plain (text, sizeof change->strategy_id - 1))
        return problem_set (problem, ERR_MISSING, "strategy_id",
            "expected a text of 1 to %zu characters without quotes", sizeof change->strategy_id - 1);
    TEXT_SET (change->strategy_id, text);
    return 0;
}

static int take_method (json_t *parameters, strategy_change_t *change, problem_t *problem)
{
    json_t *value = json_object_get (parameters, "scaling_method");
    if (!value)
        return 0;
    bool known = json_is_string (value) &&
                 strategy_change_scaling_parse (json_string_value (value), &change->scaling) == 0;
    if (known && change->scaling != STRATEGY_CHANGE_SCALING_UNCHANGED)
        return 0;
    return problem_set (
        problem, ERR_SYNTAX, s_method, "expected equity_based, fixed_multiplier or risk_based");
}

static int take_number (
    json_t *parameters, const char *name, int64_t most_e9, int64_t *value_p, problem_t *problem)
{
    char where[96];
    int64_t value = 0;
    json_t *given = json_object_get (parameters, name);
    const char *text = given ? json_string_value (given) : NULL;
    if (!given)
        return 0;
    if (text && fixed_parse (text, strlen (text), &value) == 0 && value > 0 && value <= most_e9) {
        *value_p = value;
        return 0;
    }
    (void) snprintf (where, sizeof where, "parameters.%s", name);
    return problem_set (problem, ERR_RANGE, where, "expected a number above 0, at most %d",
        (int) (most_e9 / INT64_C (1000000000)));
}

static bool is_named (const strategy_change_t *change, const char *client_id)
{
    for (size_t n = 0; n < change->clients_count; n++)
        if (strcmp (change->clients[n].client_id, client_id) == 0)
            return true;
    return false;
}

static int take_clients (json_t *parameters, strategy_change_t *change, problem_t *problem)
{
    json_t *list = json_object_get (parameters, "clients");
    json_t *value;
    size_t n;
    if (!list)
        return 0;
    if (!json_is_array (list) || json_array_size (list) == 0 || json_array_size (list) > CLIENTS_MAX)
        return problem_set (problem, ERR_RANGE, s_clients,
            "expected a list of 1 to %zu names; leave it out for every client", CLIENTS_MAX);
    json_array_foreach (list, n, value)
    {
        const char *text = json_string_value (value);
        if (!text || !is_plain (text, sizeof change->clients->client_id - 1))
            return problem_set (problem, ERR_SYNTAX, s_clients, "entry %zu is no client's name", n + 1);
        if (is_named (change, text))
            return problem_set (problem, ERR_EXISTS, s_clients, "\"%.63s\" is there twice", text);
        named_t *named = &change->clients[change->clients_count++];
        TEXT_SET (named->client_id, text);
    }
    return 0;
}

static int take_parameters (json_t *root, strategy_change_t *change, problem_t *problem)
{
    static const char *const names[] = {"scaling_method", "multiplier", "risk_percent", "clients", NULL};
    static const char expected[] = "scaling_method, multiplier, risk_percent, clients";
    json_t *parameters = json_object_get (root, "parameters");
    if (!json_is_object (parameters))
        return problem_set (problem, ERR_MISSING, "parameters", "expected an object with %s", expected);
    int rc = only_known (parameters, "parameters.", names, expected, problem);
    if (rc == 0)
        rc = take_method (parameters, change, problem);
    if (rc == 0)
        rc =
            take_number (parameters, "multiplier", CLIENT_MULTIPLIER_MAX_E9, &change->multiplier_e9, problem);
    if (rc == 0)
        rc = take_number (
            parameters, "risk_percent", CLIENT_RISK_PERCENT_MAX_E9, &change->risk_percent_e9, problem);
    if (rc == 0)
        rc = take_clients (parameters, change, problem);
    bool nothing = change->scaling == STRATEGY_CHANGE_SCALING_UNCHANGED && change->multiplier_e9 == 0 &&
                   change->risk_percent_e9 == 0;
    if (rc == 0 && nothing)
        rc = problem_set (problem, ERR_MISSING, "parameters",
            "nothing to change; expected scaling_method, multiplier or risk_percent");
    return rc;
}

int gateway_change_parse (const char *bytes, size_t size, strategy_change_t *change, problem_t *problem)
{
    static const char *const names[] = {"strategy_id", "parameters", NULL};
    assert (bytes && change);
    *change = (strategy_change_t){0};
    if (size > GATEWAY_BODY_MAX)
        return problem_set (problem, ERR_RANGE, "body", "expected at most %d bytes", GATEWAY_BODY_MAX);
    json_t *root = field_load (bytes, size, JSON_OBJECT, NULL);
    if (!root)
        return problem_set (problem, ERR_SYNTAX, "body", "expected one JSON object");
    int rc = only_known (root, "", names, "strategy_id, parameters", problem);
    if (rc == 0)
        rc = take_id (root, change, problem);
    if (rc == 0)
        rc = take_parameters (root, change, problem);
    json_decref (root);
    return rc;
}
