/*  Everything in a store, exported, imported into an empty one of every kind, and exported again: the same lines. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/contract/backends.h"

#include "storage/dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX 2048
#define OUTCOMES 1200 /*  more than two pages */

typedef struct {
    char *lines[LINES_MAX];
    size_t count;
    size_t at; /*  the next to be imported */
} file_t;

static int on_line (void *context, const char *line)
{
    file_t *self = context;
    assert_in_range (self->count, 0, LINES_MAX - 1);
    self->lines[self->count] = strdup (line);
    assert_non_null (self->lines[self->count++]);
    return 0;
}

static int next_line (void *context, const char **line_p, size_t *size_p, problem_t *problem)
{
    file_t *self = context;
    (void) problem;
    if (self->at == self->count)
        return 0;
    *line_p = self->lines[self->at++];
    *size_p = strlen (*line_p);
    return 1;
}

static void file_free (file_t *self)
{
    for (size_t i = 0; i < self->count; i++)
        free (self->lines[i]);
    *self = (file_t){0};
}

static dump_counts_t export_to (file_t *file, storage_t *storage)
{
    problem_t problem = {0};
    dump_counts_t counts;
    if (dump_export (storage, on_line, file, &counts, &problem) != 0)
        fail_msg ("%s: %s", problem.where, problem.detail);
    assert_int_equal (counts.rows + 2, file->count);
    return counts;
}

static int import_from (file_t *file, storage_t *storage, problem_t *problem)
{
    dump_counts_t counts;
    file->at = 0;
    return dump_import (storage, "file", next_line, file, &counts, problem);
}

static void append (storage_t *storage, const message_t *record)
{
    problem_t problem = {0};
    if (storage_append (storage, record, &problem) != 0)
        fail_msg ("%s: %s", problem.where, problem.detail);
}

static void fill_trail (storage_t *storage)
{
    message_t records[] = {example_trade ("x1", 5000000000), example_trade ("x1", 10000000000),
        example_completed ("x1", 5000000000, 1), {.kind = MSG_BREAKER_CHANGED}, {.kind = MSG_ALERT_RAISED}};
    records[1].master_order.trade.steps_count = 1;
    records[1].master_order.trade.steps[0] = (step_t){.executed_at_ns = 1, .qty_e9 = 5000000000};
    records[3].breaker_changed = (breaker_changed_t){.client_id = "c1", .failures = 3, .last_error = "gone"};
    records[4].alert_raised = (alert_raised_t){.subject = "c1", .text = "\u201csaid\u201d\n", .at_ns = 7};
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        append (storage, &records[i]);
    for (int i = 0; i < OUTCOMES + 1; i++) {
        message_t result = {.kind = MSG_COPY_RESULT};
        result.copy_result.outcomes_count = 1;
        result.copy_result.outcomes[0] = example_outcome ("c1", "x1");
        result.copy_result.outcomes[0].slot = i % OUTCOMES; /*  the last one replaces the first */
        result.copy_result.outcomes[0].filled_e9 = i;
        append (storage, &result);
    }
}

static void fill (storage_t *storage)
{
    master_config_t master = {.master_id = "m1", .sealed_size = 3, .sealed = {1, 0, 2}};
    client_config_t client = example_client ("c1");
    client_config_t gone = example_client ("c0");
    assert_int_equal (storage_master_put (storage, &master, NULL), 0);
    assert_int_equal (storage_client_put (storage, &client, true, NULL), 0);
    assert_int_equal (storage_client_put (storage, &gone, true, NULL), 0);
    assert_int_equal (storage_client_remove (storage, "c0", NULL), 0);
    assert_int_equal (storage_setting_put (storage, "pause", "\"all\"", NULL), 0);
    assert_int_equal (storage_begin (storage, NULL), 0);
    fill_trail (storage);
    assert_int_equal (storage_commit (storage, NULL), 0);
}

static void same_lines (const file_t *one, const file_t *two)
{
    assert_int_equal (one->count, two->count);
    for (size_t i = 1; i < one->count; i++) /*  the first has the time in it */
        assert_string_equal (one->lines[i], two->lines[i]);
}

/*  Into a new store of that kind, and out again. */
static void goes_through (const backend_t *backend, file_t *file)
{
    char url[256];
    storage_t *storage = NULL;
    file_t again = {0};
    problem_t problem = {0};
    uint64_t revision = 0;
    assert_int_equal (backend->prepare (url, sizeof url), 0);
    assert_int_equal (storage_open (&storage, url, true, NULL), 0);
    if (import_from (file, storage, &problem) != 0)
        fail_msg ("%s: %s: %s", backend->name, problem.where, problem.detail);
    (void) export_to (&again, storage);
    same_lines (file, &again);
    assert_int_equal (storage_revision (storage, &revision, NULL), 0);
    assert_int_equal (revision, 5);
    assert_int_equal (import_from (file, storage, &problem), -ERR_EXISTS);
    storage_close (&storage);
    backend->remove (url);
    file_free (&again);
}

static void an_export_is_the_same_from_every_kind (void **state)
{
    world_t *world = *state;
    file_t *file = calloc (1, sizeof *file);
    assert_non_null (file);
    fill (world->storage);
    dump_counts_t counts = export_to (file, world->other);
    assert_int_equal (counts.rows, 1 + 1 + 2 + 1 + 2 + OUTCOMES + 1 + 1 + 1 + 1 + 1);
    for (size_t i = 0; i < backends_count; i++)
        goes_through (&backends[i], file);
    file_free (file);
    free (file);
}

static void an_empty_store_goes_through_as_well (void **state)
{
    world_t *world = *state;
    file_t file = {0};
    (void) export_to (&file, world->storage);
    assert_int_equal (file.count, 3); /*  begin, revision, end */
    assert_int_equal (import_from (&file, world->other, NULL), 0);
    file_free (&file);
}

/*  A row that no message could carry, far into the file: nothing of it is there, and it is named. */
static void a_bad_row_takes_everything_with_it (void **state)
{
    world_t *world = *state;
    file_t *file = calloc (1, sizeof *file);
    file_t nothing = {0};
    problem_t problem = {0};
    char url[256];
    storage_t *storage = NULL;
    assert_non_null (file);
    fill (world->storage);
    (void) export_to (file, world->storage);
    for (size_t i = 0; i < file->count; i++) {
        char *kind = strncmp (file->lines[i], "{\"outcomes\"", 11) == 0
                         ? strstr (file->lines[i], "\"kind\":\"accepted\"")
                         : NULL;
        if (kind)
            memcpy (kind, "\"kind\":\"excepted\"", 17);
    }
    assert_int_equal (world->backend->prepare (url, sizeof url), 0);
    assert_int_equal (storage_open (&storage, url, true, NULL), 0);
    assert_int_equal (import_from (file, storage, &problem), -ERR_SYNTAX);
    assert_string_equal (problem.where, "file");
    assert_non_null (strstr (problem.detail, "table outcomes"));
    assert_non_null (strstr (problem.detail, "field kind"));
    (void) export_to (&nothing, storage);
    assert_int_equal (nothing.count, 3);
    storage_close (&storage);
    world->backend->remove (url);
    file_free (&nothing);
    file_free (file);
    free (file);
}

int main (void)
{
#define story(f)                                                                                             \
    {                                                                                                        \
#f, f                                                                                                \
    }
    const story_t stories[] = {
        story (an_export_is_the_same_from_every_kind),
        story (an_empty_store_goes_through_as_well),
        story (a_bad_row_takes_everything_with_it),
    };
    return stories_run (stories, sizeof stories / sizeof stories[0]);
}
