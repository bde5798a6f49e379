/*  strategy: another scaling for many clients, with who wanted it, as one change of the configuration.
 */
#include "storage/database.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMED_SIZE (sizeof ((strategy_change_t *) NULL)->clients + 1)

typedef struct {
    char (*ids)[sizeof ((named_t *) NULL)->client_id];
    size_t count;
} ids_t;

static void request_text (const strategy_change_t *change, char text[24])
{
    (void) snprintf (text, 24, "%016" PRIx64, change->request);
}

/*  1: it was applied before; 0: not. */
static int find_request (
    storage_t *self, const strategy_change_t *change, strategy_changed_t *answer, problem_t *problem)
{
    char request[24];
    row_t row;
    request_text (change, request);
    int result = row_open (
        &row, self, "SELECT clients, changed, revision FROM strategy_changes WHERE request = ?", problem);
    if (result != 0)
        return result;
    row_put_text (&row, request);
    result = row_next (&row, problem);
    if (result == 1) {
        answer->clients = row_get_u64 (&row);
        answer->changed = row_get_u64 (&row);
        answer->revision = row_get_u64 (&row);
        if (row.fault)
            result = database_corrupt (self, "strategy_changes", request, row.field, problem);
    }
    row_close (&row);
    return result;
}

/*  Read before anything is written: the rows move in the table while they change. */
static int read_ids (storage_t *self, ids_t *ids, problem_t *problem)
{
    size_t room = 0;
    row_t row;
    int result =
        row_open (&row, self, "SELECT client_id FROM clients WHERE removed = 0 ORDER BY client_id", problem);
    if (result != 0)
        return result;
    while ((result = row_next (&row, problem)) == 1) {
        if (ids->count == room) {
            room = room ? 2 * room : 256;
            void *more = reallocarray (ids->ids, room, sizeof *ids->ids);
            if (!more) {
                result = problem_set (problem, ERR_MEMORY, "clients", "no memory for %zu names", room);
                break;
            }
            ids->ids = more;
        }
        row_get_text (&row, ids->ids[ids->count], sizeof *ids->ids);
        ids->count++;
    }
    row_close (&row);
    return result;
}

/*  A client whose numbers stay is left alone: a new revision would close its breaker. */
static int apply (storage_t *self, const strategy_change_t *change, const char *client_id,
    strategy_changed_t *answer, problem_t *problem)
{
    client_config_t client;
    int result = client_find (self, client_id, &client, problem);
    if (result == 0 || (result == 1 && client.removed))
        return problem_set (
            problem, ERR_NOT_FOUND, "parameters.clients", "there is no client named %.63s", client_id);
    if (result < 0)
        return result;
    client_config_t old = client;
    if (change->scaling != STRATEGY_CHANGE_SCALING_UNCHANGED)
        client.scaling = (client_config_scaling_t) (change->scaling - 1);
    if (change->multiplier_e9 > 0)
        client.multiplier_e9 = change->multiplier_e9;
    if (change->risk_percent_e9 > 0)
        client.risk_percent_e9 = change->risk_percent_e9;
    answer->clients++;
    if (client.scaling == old.scaling && client.multiplier_e9 == old.multiplier_e9 &&
        client.risk_percent_e9 == old.risk_percent_e9)
        return 0;
    answer->changed++;
    return client_write (self, &client, problem);
}

static int apply_all (
    storage_t *self, const strategy_change_t *change, strategy_changed_t *answer, problem_t *problem)
{
    ids_t ids = {0};
    int result = 0;
    for (size_t n = 0; n < change->clients_count && result == 0; n++)
        result = apply (self, change, change->clients[n].client_id, answer, problem);
    if (change->clients_count > 0)
        return result;
    result = read_ids (self, &ids, problem);
    for (size_t n = 0; n < ids.count && result == 0; n++)
        result = apply (self, change, ids.ids[n], answer, problem);
    free (ids.ids);
    return result;
}

static int keep (
    storage_t *self, const strategy_change_t *change, const strategy_changed_t *answer, problem_t *problem)
{
    char request[24];
    char named[NAMED_SIZE];
    size_t used = 0;
    row_t row;
    int result = row_open (&row, self,
        "INSERT INTO strategy_changes (request, stored_at_ns, at_ns, who, strategy_id, scaling, "
        "multiplier_e9, "
        "risk_percent_e9, named, clients, changed, revision) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
        problem);
    if (result != 0)
        return result;
    request_text (change, request);
    named[0] = '\0';
    for (size_t n = 0; n < change->clients_count; n++)
        used += (size_t) snprintf (
            named + used, sizeof named - used, "%s%s", n > 0 ? "," : "", change->clients[n].client_id);
    row_put_text (&row, request);
    row_put_i64 (&row, database_now_ns ());
    row_put_i64 (&row, change->at_ns);
    row_put_text (&row, change->who);
    row_put_text (&row, change->strategy_id);
    row_put_text (&row, strategy_change_scaling_text (change->scaling));
    row_put_i64 (&row, change->multiplier_e9);
    row_put_i64 (&row, change->risk_percent_e9);
    row_put_text (&row, named);
    row_put_u64 (&row, answer->clients);
    row_put_u64 (&row, answer->changed);
    row_put_u64 (&row, answer->revision);
    return row_run (&row, problem);
}

static int make_change (
    storage_t *self, const strategy_change_t *change, strategy_changed_t *answer, problem_t *problem)
{
    int result = find_request (self, change, answer, problem);
    if (result != 0)
        return result < 0 ? result : 0;
    result = apply_all (self, change, answer, problem);
    if (result == 0)
        result = storage_revision (self, &answer->revision, problem);
    return result == 0 ? keep (self, change, answer, problem) : result;
}

int storage_strategy_change (
    storage_t *self, const strategy_change_t *change, strategy_changed_t *answer, problem_t *problem)
{
    assert (self && change && answer);
    int result = database_change_begin (self, problem);
    if (result == 0)
        result = database_change_end (self, make_change (self, change, answer, problem), problem);
    return result;
}
