/*  control_accounts.c: makes accounts, all or none, and shows them. */
#include "broker/simulator/control.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CREATE_MAX 20000
#define NAME_MAX_SIZE 63

/*  One account as asked for; texts are borrowed from the JSON or point into made. */
typedef struct {
    engine_account_setup_t setup;
    char made_key[24];
    char made_secret[44];
} wanted_t;

static void make_text (simulator_t *server, const char *prefix, char *text, size_t size)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t at = (size_t) snprintf (text, size, "%s", prefix);
    for (; at + 1 < size; at++) {
        server->keys = server->keys * UINT64_C (6364136223846793005) + UINT64_C (1442695040888963407);
        text[at] = letters[(server->keys >> 33) % (sizeof (letters) - 1)];
    }
    text[at] = 0;
}

static int check_name (const json_t *object, const char *name, const char **text_p, problem_t *problem)
{
    const json_t *value = json_object_get (object, name);
    *text_p = json_string_value (value);
    if ((value && !*text_p) || (*text_p && strlen (*text_p) > NAME_MAX_SIZE))
        return problem_set (problem, ERR_RANGE, name, "a text of at most %d bytes", NAME_MAX_SIZE);
    return 0;
}

static int read_one (simulator_t *server, const json_t *object, wanted_t *wanted, problem_t *problem)
{
    engine_account_setup_t *setup = &wanted->setup;
    engine_account_setup_default (setup);
    setup->rate_limit_per_minute = server->rate_per_minute;
    if (!json_is_object (object))
        return problem_set (problem, ERR_TYPE, "accounts", "an object or an array of objects");
    int rc = check_name (object, "key_id", &setup->key_id, problem);
    if (!rc)
        rc = check_name (object, "secret", &setup->secret, problem);
    if (!rc)
        rc = check_name (object, "label", &setup->label, problem);
    if (rc)
        return rc;
    bool wrong = false;
    if (control_amount (object, "cash", &setup->cash_e9, &wrong) && setup->cash_e9 == 0)
        wrong = true;
    if (wrong)
        return problem_set (problem, ERR_RANGE, "cash", "an amount above 0");
    const json_t *shorting = json_object_get (object, "shorting_enabled");
    if (shorting && !json_is_boolean (shorting))
        return problem_set (problem, ERR_TYPE, "shorting_enabled", "true or false");
    setup->shorting_disabled = json_is_false (shorting);
    if (!setup->key_id || !*setup->key_id) {
        make_text (server, "PK", wanted->made_key, sizeof (wanted->made_key));
        setup->key_id = wanted->made_key;
    }
    if (!setup->secret || !*setup->secret) {
        make_text (server, "", wanted->made_secret, sizeof (wanted->made_secret));
        setup->secret = wanted->made_secret;
    }
    return 0;
}

/*  Names must be new, here and among those that exist. */
static int check_new (
    const simulator_t *server, json_t *seen, const char *field, const char *name, problem_t *problem)
{
    uint32_t account = 0;
    if (!name || !*name)
        return 0;
    if (json_object_get (seen, name) || control_account_find (server, name, &account) == 0)
        return problem_set (problem, ERR_EXISTS, field, "taken: %.63s", name);
    json_object_set_new (seen, name, json_true ());
    return 0;
}

static int read_all (simulator_t *server, const json_t *array, wanted_t *wanted, problem_t *problem)
{
    json_t *seen = json_object ();
    int rc = 0;
    for (size_t i = 0; i < json_array_size (array) && !rc; i++) {
        rc = read_one (server, json_array_get (array, i), &wanted[i], problem);
        if (!rc)
            rc = check_new (server, seen, "key_id", wanted[i].setup.key_id, problem);
        if (!rc)
            rc = check_new (server, seen, "label", wanted[i].setup.label, problem);
    }
    json_decref (seen);
    return rc;
}

static int create_one (simulator_t *server, const wanted_t *wanted, http_buffer_t *out, problem_t *problem)
{
    const engine_account_setup_t *setup = &wanted->setup;
    uint32_t account = 0;
    int rc = engine_account_create (server->engine, setup, server_utc_ns (), &account, problem);
    if (rc)
        return rc;
    if (setup->label && *setup->label)
        json_object_set_new (server->labels, setup->label, json_integer ((json_int_t) account));
    encode_open (out);
    encode_text (out, "account_id", engine_account_id (server->engine, account));
    encode_text (out, "key_id", setup->key_id);
    encode_text (out, "secret", setup->secret);
    encode_text (out, "label", setup->label ? setup->label : "");
    encode_close (out);
    return 0;
}

int control_accounts_create (simulator_t *server, const json_t *array, http_buffer_t *out, problem_t *problem)
{
    assert (server && json_is_array (array) && out);
    size_t count = json_array_size (array);
    if (engine_accounts_count (server->engine) + count > SIMULATOR_ACCOUNTS_MAX)
        return problem_set (problem, ERR_FULL, "accounts", "more than %d in all", SIMULATOR_ACCOUNTS_MAX);
    wanted_t *wanted = calloc (count ? count : 1, sizeof (*wanted));
    if (!wanted)
        return problem_set (problem, ERR_MEMORY, "accounts", "out of memory");
    int rc = read_all (server, array, wanted, problem);
    http_buffer_text (out, "{\"accounts\":[");
    for (size_t i = 0; i < count && !rc; i++) {
        http_buffer_text (out, i ? "," : "");
        rc = create_one (server, &wanted[i], out, problem);
    }
    http_buffer_text (out, "]}");
    free (wanted);
    return rc;
}

void control_accounts_post (exchange_t *exchange, const char *argument)
{
    (void) argument;
    const http_buffer_t *body = &exchange->request.body;
    json_t *json = http_body_parse (http_buffer_bytes (body), http_buffer_size (body));
    problem_t problem = {0};
    if (json_is_object (json)) {
        json_t *array = json_array ();
        json_array_append_new (array, json);
        json = array;
    }
    if (!json_is_array (json))
        problem_set (&problem, ERR_SYNTAX, "body", "an object or an array of objects in JSON");
    else if (json_array_size (json) > CREATE_MAX)
        problem_set (&problem, ERR_RANGE, "body", "at most %d accounts at a time", CREATE_MAX);
    else
        control_accounts_create (exchange->connection->server, json, answer_ok (exchange), &problem);
    if (problem.code)
        control_refuse (exchange, &problem);
    json_decref (json);
}

/* ---------------------------------------------------------------------------------------------------- showing */

typedef struct {
    simulator_t *server;
    uint32_t at;
    uint32_t end;
    const char *separator;
    uint32_t *orders; /*  number of orders, by account */
} listing_t;

static void put_account (listing_t *self, http_buffer_t *out)
{
    engine_t *engine = self->server->engine;
    engine_account_t account;
    engine_position_t positions[ENGINE_ASSETS_MAX];
    engine_account_get (engine, self->at, server_utc_ns (), &account);
    size_t count = engine_positions_list (engine, self->at, server_utc_ns (), positions, ENGINE_ASSETS_MAX);
    http_buffer_text (out, self->separator);
    self->separator = ",\n";
    encode_open (out);
    encode_text (out, "account_id", account.id);
    encode_text (out, "key_id", account.key_id);
    encode_text (out, "label", account.label);
    encode_amount (out, "cash", account.cash_e9);
    encode_amount (out, "equity", account.equity_e9);
    encode_amount (out, "buying_power", account.buying_power_e9);
    encode_integer (out, "orders", self->orders[self->at]);
    http_buffer_text (out, "\"positions\":[");
    for (size_t i = 0; i < count; i++) {
        http_buffer_text (out, i ? "," : "");
        encode_open (out);
        encode_text (out, "symbol", positions[i].asset->position_symbol);
        encode_amount (out, "qty", positions[i].qty_e9);
        encode_amount (out, "avg_entry_price", positions[i].avg_entry_price_e9);
        encode_close (out);
    }
    http_buffer_text (out, "]");
    encode_close (out);
}

static bool more_accounts (void *context, http_buffer_t *out)
{
    listing_t *self = context;
    for (int i = 0; i < 64 && self->at < self->end; i++, self->at++)
        put_account (self, out);
    if (self->at < self->end)
        return true;
    http_buffer_text (out, "]}\n");
    return false;
}

static void listing_free (void *context)
{
    listing_t *self = context;
    free (self->orders);
    free (self);
}

void control_accounts_get (exchange_t *exchange, const char *argument)
{
    (void) argument;
    simulator_t *server = exchange->connection->server;
    char name[HTTP_VALUE_MAX];
    uint32_t end = (uint32_t) engine_accounts_count (server->engine);
    uint32_t one = 0;
    bool filtered = http_query (exchange->request.query, "account", name);
    if (filtered && control_account_find (server, name, &one)) {
        answer_error (exchange, 404, 0, "account: no such account");
        return;
    }
    listing_t *self = calloc (1, sizeof (*self));
    uint32_t *orders = calloc ((size_t) end + 1, sizeof (*orders));
    if (!self || !orders) {
        free (self);
        free (orders);
        answer_error (exchange, 500, 0, "out of memory");
        return;
    }
    for (size_t i = 0; i < engine_orders_count (server->engine); i++)
        orders[engine_order_at (server->engine, i)->account]++;
    *self = (listing_t){server, one, filtered ? one + 1 : end, "", orders};
    http_buffer_text (answer_ok (exchange), "{\"accounts\":[\n");
    exchange->answer.source = more_accounts;
    exchange->answer.source_free = listing_free;
    exchange->answer.context = self;
}
