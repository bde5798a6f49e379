/*  audit_read.c: plain SELECTs (opened for writing only because a WAL asks for it): the store's own port has no reading side for the trail, and a
 *  checker should not trust the store's code either. */
#include "scripts/commands/load_test/audit_read.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTCOMES                                                                                             \
    "SELECT client_id, x, stored_at_ns, leg, kind, slot, reason, code, to_e9, client_equity_e9, "            \
    "rate_num_e9,"                                                                                           \
    " rate_den_e9 FROM "

typedef struct {
    void **list_p;
    size_t *count_p;
    size_t entry_size;
    size_t capacity;
    void (*fill) (void *entry, sqlite3_stmt *row);
} reader_t;

static void text_of (sqlite3_stmt *row, int column, char *text, size_t size)
{
    const unsigned char *value = sqlite3_column_text (row, column);
    (void) snprintf (text, size, "%s", value ? (const char *) value : "");
}

static void fill_outcome (void *entry, sqlite3_stmt *row)
{
    audit_outcome_t *outcome = entry;
    char word[32];
    text_of (row, 0, outcome->client_id, sizeof outcome->client_id);
    text_of (row, 1, outcome->x, sizeof outcome->x);
    outcome->stored_at_ns = sqlite3_column_int64 (row, 2);
    text_of (row, 3, word, sizeof word);
    (void) outcome_leg_parse (word, &outcome->leg); /*  stays `none` */
    text_of (row, 4, word, sizeof word);
    if (outcome_kind_parse (word, &outcome->kind) != 0)
        outcome->kind = OUTCOME_KIND_FAILED;
    outcome->slot = sqlite3_column_int64 (row, 5);
    text_of (row, 6, outcome->reason, sizeof outcome->reason);
    outcome->code = sqlite3_column_int64 (row, 7);
    outcome->to_e9 = sqlite3_column_int64 (row, 8);
    outcome->client_equity_e9 = sqlite3_column_int64 (row, 9);
    outcome->rate_num_e9 = sqlite3_column_int64 (row, 10);
    outcome->rate_den_e9 = sqlite3_column_int64 (row, 11);
}

static void fill_state (void *entry, sqlite3_stmt *row)
{
    audit_state_t *state = entry;
    text_of (row, 0, state->x, sizeof state->x);
    state->qty_e9 = sqlite3_column_int64 (row, 1);
    state->master_equity_e9 = sqlite3_column_int64 (row, 2);
}

static void fill_closing (void *entry, sqlite3_stmt *row)
{
    audit_closing_t *closing = entry;
    text_of (row, 0, closing->x, sizeof closing->x);
    closing->qty_e9 = sqlite3_column_int64 (row, 1);
}

/*  The next place, zeroed; NULL: no memory. */
static void *grow (reader_t *self)
{
    if (*self->count_p == self->capacity) {
        size_t capacity = self->capacity ? self->capacity * 2 : 1024;
        void *list = realloc (*self->list_p, capacity * self->entry_size);
        if (!list)
            return NULL;
        *self->list_p = list;
        self->capacity = capacity;
    }
    char *entry = (char *) *self->list_p + *self->count_p * self->entry_size;
    memset (entry, 0, self->entry_size);
    ++*self->count_p;
    return entry;
}

static int read_rows (sqlite3 *database, const char *sql, reader_t *reader, problem_t *problem)
{
    sqlite3_stmt *rows = NULL;
    int code = sqlite3_prepare_v2 (database, sql, -1, &rows, NULL);
    int rc = 0;
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step (rows);
        void *entry = code == SQLITE_ROW ? grow (reader) : NULL;
        if (code == SQLITE_ROW && !entry) {
            rc = problem_set (problem, ERR_MEMORY, "audit", "no memory");
            break;
        }
        if (entry)
            reader->fill (entry, rows);
    }
    if (rc == 0 && code != SQLITE_DONE)
        rc = problem_set (problem, ERR_STORAGE, "audit", "%s", sqlite3_errmsg (database));
    (void) sqlite3_finalize (rows);
    return rc;
}

static int read_all (evidence_t *evidence, sqlite3 *database, problem_t *problem)
{
    void *lists[3] = {0};
    size_t counts[3] = {0};
    reader_t outcomes = {&lists[0], &counts[0], sizeof *evidence->outcomes, 0, fill_outcome};
    reader_t states = {&lists[1], &counts[1], sizeof *evidence->states, 0, fill_state};
    reader_t closings = {&lists[2], &counts[2], sizeof *evidence->closings, 0, fill_closing};
    int rc = read_rows (database, OUTCOMES "outcomes", &outcomes, problem);
    if (rc == 0)
        rc = read_rows (database, OUTCOMES "outcome_history", &outcomes, problem);
    if (rc == 0)
        rc = read_rows (database, "SELECT x, qty_e9, master_equity_e9 FROM events", &states, problem);
    if (rc == 0)
        rc = read_rows (database, "SELECT x, qty_e9 FROM replications", &closings, problem);
    evidence->outcomes = lists[0];
    evidence->outcomes_count = counts[0];
    evidence->states = lists[1];
    evidence->states_count = counts[1];
    evidence->closings = lists[2];
    evidence->closings_count = counts[2];
    return rc;
}

int audit_read (evidence_t *evidence, const char *file, problem_t *problem)
{
    assert (evidence && file);
    sqlite3 *database = NULL;
    int rc = 0;
    if (sqlite3_open_v2 (file, &database, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        rc = problem_set (
            problem, ERR_STORAGE, file, "%s", database ? sqlite3_errmsg (database) : "no memory");
    if (rc == 0) {
        (void) sqlite3_busy_timeout (database, 5000);
        rc = read_all (evidence, database, problem);
    }
    (void) sqlite3_close (database);
    return rc;
}
