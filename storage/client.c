/*  client: the client accounts, their revisions, follow intervals and tombstones.
 */
#include "storage/database.h"

#include <assert.h>

#define COLUMNS                                                                                              \
    "client_id, name, active, removed, sealed, scaling, multiplier_e9, risk_percent_e9, direction, allow, "  \
    "deny, "                                                                                                 \
    "fractional, follow_since_ns, follow_until_ns, revision"

static const char SELECT_ONE[] = "SELECT " COLUMNS " FROM clients WHERE client_id = ?";
static const char SELECT_LIVE[] = "SELECT " COLUMNS " FROM clients WHERE removed = 0 ORDER BY revision";
static const char SELECT_SINCE[] = "SELECT " COLUMNS " FROM clients WHERE revision > ? ORDER BY revision";
static const char UPSERT[] =
    "INSERT INTO clients (" COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (client_id) DO "
    "UPDATE SET (" COLUMNS ") = (excluded.client_id, excluded.name, excluded.active, excluded.removed, "
    "excluded.sealed, excluded.scaling, excluded.multiplier_e9, excluded.risk_percent_e9, "
    "excluded.direction, excluded.allow, excluded.deny, excluded.fractional, excluded.follow_since_ns, "
    "excluded.follow_until_ns, excluded.revision)";

static int check (const client_config_t *client, problem_t *problem)
{
    message_t message;
    message.kind = MSG_CLIENT_CONFIG;
    message.client_config = *client;
    int result = message_check (&message, problem);
    if (result == 0 && !client->client_id[0])
        result = problem_set (problem, ERR_MISSING, "client_id", "a client needs an id");
    if (result == 0 && !client->removed && client->sealed_size == 0)
        result = problem_set (problem, ERR_MISSING, "sealed", "a client needs sealed credentials");
    return result;
}

static void get_words (row_t *row, client_config_t *client)
{
    char word[32];
    row_get_text (row, word, sizeof word);
    if (client_config_scaling_parse (word, &client->scaling) != 0)
        row_fault (row);
    client->multiplier_e9 = row_get_i64 (row);
    client->risk_percent_e9 = row_get_i64 (row);
    row_get_text (row, word, sizeof word);
    if (client_config_direction_parse (word, &client->direction) != 0)
        row_fault (row);
}

static int client_read (row_t *row, client_config_t *client, problem_t *problem)
{
    *client = (client_config_t){0};
    row_get_text (row, client->client_id, sizeof client->client_id);
    row_get_text (row, client->name, sizeof client->name);
    client->active = row_get_bool (row);
    client->removed = row_get_bool (row);
    client->sealed_size = row_get_bytes (row, client->sealed, sizeof client->sealed);
    get_words (row, client);
    row_get_text (row, client->allow, sizeof client->allow);
    row_get_text (row, client->deny, sizeof client->deny);
    client->fractional = row_get_bool (row);
    client->follow_since_ns = row_get_i64 (row);
    client->follow_until_ns = row_get_i64 (row);
    client->revision = row_get_u64 (row);
    problem_t found = {0};
    if (!row->fault && check (client, &found) == 0)
        return 0;
    return database_corrupt (
        row->storage, "clients", client->client_id, row->fault ? row->field : found.where, problem);
}

int client_find (storage_t *self, const char *client_id, client_config_t *client, problem_t *problem)
{
    *client = (client_config_t){0};
    row_t row;
    int result = row_open (&row, self, SELECT_ONE, problem);
    if (result != 0)
        return result;
    row_put_text (&row, client_id);
    result = row_next (&row, problem);
    if (result == 1 && client_read (&row, client, problem) != 0)
        result = -ERR_CORRUPT;
    row_close (&row);
    return result;
}

int client_write (storage_t *self, const client_config_t *client, problem_t *problem)
{
    uint64_t revision = 0;
    row_t row;
    int result = database_next_revision (self, &revision, problem);
    if (result == 0)
        result = row_open (&row, self, UPSERT, problem);
    if (result != 0)
        return result;
    row_put_text (&row, client->client_id);
    row_put_text (&row, client->name);
    row_put_i64 (&row, client->active);
    row_put_i64 (&row, client->removed);
    row_put_bytes (&row, client->sealed, client->sealed_size);
    row_put_text (&row, client_config_scaling_text (client->scaling));
    row_put_i64 (&row, client->multiplier_e9);
    row_put_i64 (&row, client->risk_percent_e9);
    row_put_text (&row, client_config_direction_text (client->direction));
    row_put_text (&row, client->allow);
    row_put_text (&row, client->deny);
    row_put_i64 (&row, client->fractional);
    row_put_i64 (&row, client->follow_since_ns);
    row_put_i64 (&row, client->follow_until_ns);
    row_put_u64 (&row, revision);
    return row_run (&row, problem);
}

/*  Within a change. A client follows from when it first is, and again from when it comes back: executions of the time
 *  in between are not copied late. */
static int client_put (storage_t *self, const client_config_t *client, bool must_be_new, problem_t *problem)
{
    client_config_t old;
    int found = client_find (self, client->client_id, &old, problem);
    if (found < 0)
        return found;
    bool known = found == 1 && !old.removed;
    if (known && must_be_new)
        return problem_set (problem, ERR_EXISTS, client->client_id, "this client exists already");
    client_config_t new = *client;
    new.removed = false;
    bool back = known && !old.active && new.active;
    new.follow_since_ns = known && !back ? old.follow_since_ns : database_now_ns ();
    bool off = known && !old.active; /*  it was before */
    new.follow_until_ns = new.active ? 0 : off ? old.follow_until_ns : database_now_ns ();
    return client_write (self, &new, problem);
}

int storage_client_put (storage_t *self, const client_config_t *client, bool must_be_new, problem_t *problem)
{
    assert (self && client);
    int result = check (client, problem);
    if (result == 0)
        result = database_change_begin (self, problem);
    return result == 0 ? database_change_end (self, client_put (self, client, must_be_new, problem), problem)
                       : result;
}

static int client_put_each (storage_t *self, const client_config_t *clients, size_t count, problem_t *problem)
{
    for (size_t i = 0; i < count; i++) {
        problem_t found = {0};
        int result = check (&clients[i], &found);
        if (result == 0)
            result = client_put (self, &clients[i], false, &found);
        if (result != 0)
            return problem_set (problem, -result, found.where, "client %zu of %zu (%.63s): %.200s", i + 1,
                count, clients[i].client_id, found.detail);
    }
    return 0;
}

int storage_client_put_all (storage_t *self, const client_config_t *clients, size_t count, problem_t *problem)
{
    assert (self && (clients || count == 0));
    int result = database_change_begin (self, problem);
    return result == 0 ? database_change_end (self, client_put_each (self, clients, count, problem), problem)
                       : result;
}

int storage_client_get (storage_t *self, const char *client_id, client_config_t *client, problem_t *problem)
{
    assert (self && client_id && client);
    int result = client_find (self, client_id, client, problem);
    if (result < 0)
        return result;
    if (result == 0 || client->removed)
        return problem_set (problem, ERR_NOT_FOUND, client_id, "there is no such client");
    return 0;
}

static int client_bury (storage_t *self, const char *client_id, problem_t *problem)
{
    client_config_t client;
    int result = storage_client_get (self, client_id, &client, problem);
    if (result != 0)
        return result;
    client.removed = true;
    client.active = false;
    client.sealed_size = 0; /*  a tombstone needs no keys; secure_delete overwrites them in the file */
    return client_write (self, &client, problem);
}

int storage_client_remove (storage_t *self, const char *client_id, problem_t *problem)
{
    assert (self && client_id);
    int result = database_change_begin (self, problem);
    return result == 0 ? database_change_end (self, client_bury (self, client_id, problem), problem) : result;
}

static int client_touch (storage_t *self, const char *client_id, problem_t *problem)
{
    client_config_t client;
    int result = storage_client_get (self, client_id, &client, problem);
    return result == 0 ? client_write (self, &client, problem) : result;
}

int storage_client_touch (storage_t *self, const char *client_id, problem_t *problem)
{
    assert (self && client_id);
    int result = database_change_begin (self, problem);
    return result == 0 ? database_change_end (self, client_touch (self, client_id, problem), problem)
                       : result;
}

int storage_client_each (
    storage_t *self, uint64_t since, storage_client_fn *each, void *context, problem_t *problem)
{
    assert (self && each);
    row_t row;
    int result = row_open (&row, self, since > 0 ? SELECT_SINCE : SELECT_LIVE, problem);
    if (result != 0)
        return result;
    if (since > 0)
        row_put_u64 (&row, since);
    while ((result = row_next (&row, problem)) == 1) {
        client_config_t client;
        result = client_read (&row, &client, problem);
        if (result == 0)
            result = each (context, &client);
        if (result != 0)
            break;
    }
    row_close (&row);
    return result;
}
