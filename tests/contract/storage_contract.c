/*  Configuration: what every implementation of storage.h must do with masters, clients and settings. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/contract/backends.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t revision_of (storage_t *storage)
{
    uint64_t revision = 0;
    assert_int_equal (storage_revision (storage, &revision, NULL), 0);
    return revision;
}

static int64_t now_ns (void)
{
    struct timespec now;
    assert_int_equal (clock_gettime (CLOCK_REALTIME, &now), 0);
    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

static void put (storage_t *storage, const client_config_t *client)
{
    assert_int_equal (storage_client_put (storage, client, false, NULL), 0);
}

static client_config_t get (storage_t *storage, const char *client_id)
{
    client_config_t client;
    assert_int_equal (storage_client_get (storage, client_id, &client, NULL), 0);
    return client;
}

typedef struct {
    size_t count;
    size_t stop_at; /*  0 = never */
    client_config_t clients[8];
} list_t;

static int on_client (void *context, const client_config_t *client)
{
    list_t *self = context;
    assert_in_range (self->count, 0, 7);
    self->clients[self->count++] = *client;
    return self->count == self->stop_at ? 77 : 0;
}

static list_t list (storage_t *storage, uint64_t since)
{
    list_t self = {0};
    assert_int_equal (storage_client_each (storage, since, on_client, &self, NULL), 0);
    return self;
}

static void a_client_comes_back_as_it_was_put (void **state)
{
    world_t *world = *state;
    client_config_t client = example_client ("c1");
    int64_t before_ns = now_ns ();
    assert_int_equal (storage_client_put (world->storage, &client, true, NULL), 0);
    client_config_t read = get (world->other, "c1");
    assert_in_range (read.follow_since_ns, before_ns, now_ns ());
    assert_true (read.revision > 0);
    assert_string_equal (read.name, client.name);
    assert_int_equal (read.sealed_size, client.sealed_size);
    assert_memory_equal (read.sealed, client.sealed, client.sealed_size);
    assert_true (read.active && read.fractional && !read.removed);
    assert_int_equal (read.scaling, client.scaling);
    assert_int_equal (read.multiplier_e9, client.multiplier_e9);
    assert_int_equal (read.direction, client.direction);
    assert_string_equal (read.allow, "AAPL,MSFT");
    assert_string_equal (read.deny, "");
}

static void must_be_new_refuses_what_is_there (void **state)
{
    world_t *world = *state;
    client_config_t client = example_client ("c1");
    put (world->storage, &client);
    problem_t problem = {0};
    uint64_t revision = revision_of (world->storage);
    assert_int_equal (storage_client_put (world->other, &client, true, &problem), -ERR_EXISTS);
    assert_string_equal (problem.where, "c1");
    assert_int_equal (revision_of (world->storage), revision); /*  nothing of it is there */
}

static void unknown_clients_are_not_found (void **state)
{
    world_t *world = *state;
    client_config_t client;
    problem_t problem = {0};
    assert_int_equal (storage_client_get (world->storage, "nobody", &client, &problem), -ERR_NOT_FOUND);
    assert_string_equal (problem.where, "nobody");
    assert_int_equal (storage_client_remove (world->storage, "nobody", NULL), -ERR_NOT_FOUND);
}

static void every_change_by_anyone_raises_the_revision_by_one (void **state)
{
    world_t *world = *state;
    uint64_t revision = revision_of (world->storage);
    client_config_t client = example_client ("c1");
    put (world->storage, &client);
    assert_int_equal (revision_of (world->other), revision + 1);
    put (world->other, &client);
    assert_int_equal (revision_of (world->storage), revision + 2);
    assert_int_equal (get (world->storage, "c1").revision, revision + 2);
    assert_int_equal (storage_setting_put (world->other, "pause", "all", NULL), 0);
    assert_int_equal (storage_client_remove (world->storage, "c1", NULL), 0);
    assert_int_equal (revision_of (world->other), revision + 4);
}

static void a_touched_client_is_the_same_under_a_new_revision (void **state)
{
    world_t *world = *state;
    client_config_t client = example_client ("c1");
    put (world->storage, &client);
    client_config_t before = get (world->storage, "c1");
    assert_int_equal (storage_client_touch (world->other, "c1", NULL), 0);
    client_config_t after = get (world->storage, "c1");
    assert_int_equal (after.revision, before.revision + 1);
    assert_int_equal (list (world->storage, before.revision).count, 1);
    after.revision = before.revision;
    assert_memory_equal (&after, &before, sizeof after);
    assert_int_equal (storage_client_remove (world->storage, "c1", NULL), 0);
    assert_int_equal (storage_client_touch (world->storage, "c1", NULL), -ERR_NOT_FOUND);
}

static void a_poller_sees_changes_in_order_and_tombstones (void **state)
{
    world_t *world = *state;
    static const char *const ids[] = {"c1", "c2", "c3"};
    for (size_t i = 0; i < 3; i++) {
        client_config_t client = example_client (ids[i]);
        put (world->storage, &client);
    }
    list_t all = list (world->other, 0);
    assert_int_equal (all.count, 3);
    uint64_t seen = revision_of (world->other);
    assert_int_equal (list (world->other, seen).count, 0);

    client_config_t changed = get (world->storage, "c3");
    changed.fractional = false;
    put (world->storage, &changed);
    assert_int_equal (storage_client_remove (world->storage, "c1", NULL), 0);
    list_t news = list (world->other, seen);
    assert_int_equal (news.count, 2);
    assert_string_equal (news.clients[0].client_id, "c3");
    assert_false (news.clients[0].fractional);
    assert_string_equal (news.clients[1].client_id, "c1");
    assert_true (news.clients[1].removed && !news.clients[1].active);
    assert_int_equal (news.clients[1].sealed_size, 0); /*  a tombstone holds no keys */
    assert_int_equal (news.clients[1].revision, revision_of (world->other));

    assert_int_equal (list (world->other, 0).count, 2); /*  who starts afresh needs no tombstones */
    client_config_t gone;
    assert_int_equal (storage_client_get (world->other, "c1", &gone, NULL), -ERR_NOT_FOUND);
    assert_int_equal (storage_client_remove (world->other, "c1", NULL), -ERR_NOT_FOUND);
}

static void a_list_ends_when_its_reader_says_so (void **state)
{
    world_t *world = *state;
    client_config_t one = example_client ("c1");
    client_config_t two = example_client ("c2");
    put (world->storage, &one);
    put (world->storage, &two);
    list_t short_list = {.stop_at = 1};
    assert_int_equal (storage_client_each (world->storage, 0, on_client, &short_list, NULL), 77);
    assert_int_equal (short_list.count, 1);
    assert_int_equal (list (world->storage, 0).count, 2); /*  and can begin again */
}

static void a_client_follows_from_when_it_came_or_came_back (void **state)
{
    world_t *world = *state;
    client_config_t client = example_client ("c1");
    put (world->storage, &client);
    int64_t first_ns = get (world->storage, "c1").follow_since_ns;

    client.multiplier_e9 = 2000000000; /*  t=1: a change keeps the interval */
    put (world->storage, &client);
    assert_int_equal (get (world->storage, "c1").follow_since_ns, first_ns);
    client.active = false; /*  t=2: paused */
    put (world->storage, &client);
    assert_int_equal (get (world->storage, "c1").follow_since_ns, first_ns);
    int64_t until_ns = get (world->storage, "c1").follow_until_ns;
    assert_true (until_ns > first_ns);
    client.multiplier_e9 = 3000000000; /*  changed while it is paused */
    put (world->storage, &client);
    assert_int_equal (get (world->storage, "c1").follow_until_ns, until_ns);
    client.active = true; /*  t=3: back: not what happened between t=2 and t=3 */
    put (world->storage, &client);
    int64_t second_ns = get (world->storage, "c1").follow_since_ns;
    assert_true (second_ns > first_ns);
    assert_int_equal (get (world->storage, "c1").follow_until_ns, 0);

    assert_int_equal (storage_client_remove (world->storage, "c1", NULL), 0);
    assert_int_equal (
        storage_client_put (world->storage, &client, true, NULL), 0); /*  the id is free again */
    assert_true (get (world->storage, "c1").follow_since_ns > second_ns);
    assert_false (get (world->storage, "c1").removed);
}

static void an_import_is_all_or_none (void **state)
{
    world_t *world = *state;
    client_config_t rows[3] = {example_client ("c1"), example_client ("c2"), example_client ("c3")};
    uint64_t revision = revision_of (world->storage);
    rows[1].multiplier_e9 = -1; /*  below the field's bound */
    problem_t problem = {0};
    assert_int_equal (storage_client_put_all (world->storage, rows, 3, &problem), -ERR_RANGE);
    assert_non_null (strstr (problem.detail, "client 2 of 3 (c2)"));
    assert_int_equal (list (world->other, 0).count, 0);
    assert_int_equal (revision_of (world->other), revision);

    rows[1].multiplier_e9 = 0;
    assert_int_equal (storage_client_put_all (world->storage, rows, 3, NULL), 0);
    list_t all = list (world->other, 0);
    assert_int_equal (all.count, 3);
    assert_string_equal (all.clients[2].client_id, "c3");
    assert_int_equal (revision_of (world->other), revision + 3);
}

static void what_no_message_could_carry_is_refused (void **state)
{
    world_t *world = *state;
    client_config_t client = example_client ("");
    assert_int_equal (storage_client_put (world->storage, &client, false, NULL), -ERR_MISSING);
    client = example_client ("c1");
    client.sealed_size = 0;
    assert_int_equal (storage_client_put (world->storage, &client, false, NULL), -ERR_MISSING);
    assert_int_equal (list (world->storage, 0).count, 0);
}

static void there_is_one_master (void **state)
{
    world_t *world = *state;
    master_config_t master = {.master_id = "m1", .sealed_size = 3, .sealed = {1, 0, 2}};
    master_config_t read;
    assert_int_equal (storage_master_get (world->storage, &read, NULL), -ERR_NOT_FOUND);
    assert_int_equal (storage_master_put (world->storage, &master, NULL), 0);
    assert_int_equal (storage_master_get (world->other, &read, NULL), 0);
    assert_string_equal (read.master_id, "m1");
    assert_int_equal (read.sealed_size, 3);
    assert_memory_equal (read.sealed, master.sealed, 3);
    uint64_t revision = read.revision;

    (void) snprintf (master.master_id, sizeof master.master_id, "m2");
    assert_int_equal (storage_master_put (world->other, &master, NULL), 0);
    assert_int_equal (storage_master_get (world->storage, &read, NULL), 0);
    assert_string_equal (read.master_id, "m2");
    assert_int_equal (read.revision, revision + 1);
    master.sealed_size = 0;
    assert_int_equal (storage_master_put (world->storage, &master, NULL), -ERR_MISSING);
}

static void settings_are_texts_by_name (void **state)
{
    world_t *world = *state;
    char value[16];
    problem_t problem = {0};
    assert_int_equal (
        storage_setting_get (world->storage, "pause", value, sizeof value, &problem), -ERR_NOT_FOUND);
    assert_non_null (strstr (problem.detail, "pause"));
    assert_int_equal (storage_setting_put (world->storage, "pause", "entries", NULL), 0);
    assert_int_equal (storage_setting_put (world->other, "pause", "all", NULL), 0);
    assert_int_equal (storage_setting_get (world->storage, "pause", value, sizeof value, NULL), 0);
    assert_string_equal (value, "all");
    assert_int_equal (storage_setting_put (world->storage, "", "x", NULL), -ERR_RANGE);
    assert_int_equal (storage_setting_put (world->storage, "long", "longer than sixteen", NULL), 0);
    assert_int_equal (storage_setting_get (world->storage, "long", value, sizeof value, NULL), -ERR_CORRUPT);
}

/*  ---- strategy.change ---- */

static strategy_change_t wish (uint64_t request)
{
    strategy_change_t change = {.request = request,
        .strategy_id = "calm",
        .who = "a test",
        .scaling = STRATEGY_CHANGE_SCALING_FIXED_MULTIPLIER,
        .multiplier_e9 = 250000000,
        .at_ns = 1};
    return change;
}

static strategy_changed_t changed (storage_t *storage, const strategy_change_t *change)
{
    strategy_changed_t answer = {0};
    assert_int_equal (storage_strategy_change (storage, change, &answer, NULL), 0);
    return answer;
}

static void a_strategy_changes_every_client_but_what_it_does_not_name (void **state)
{
    world_t *world = *state;
    client_config_t gone = example_client ("gone");
    for (int n = 0; n < 3; n++) {
        const char *const ids[] = {"c1", "c2", "c3"};
        client_config_t client = example_client (ids[n]);
        client.scaling = CLIENT_CONFIG_SCALING_EQUITY_BASED;
        client.multiplier_e9 = 1;
        client.risk_percent_e9 = 77;
        put (world->storage, &client);
    }
    put (world->storage, &gone);
    assert_int_equal (storage_client_remove (world->storage, "gone", NULL), 0);
    strategy_change_t change = wish (1);
    uint64_t before = revision_of (world->storage);
    strategy_changed_t answer = changed (world->storage, &change);
    assert_int_equal (answer.clients, 3);
    assert_int_equal (answer.changed, 3);
    assert_int_equal (answer.revision, before + 3);
    client_config_t client = get (world->other, "c2");
    assert_int_equal (client.scaling, CLIENT_CONFIG_SCALING_FIXED_MULTIPLIER);
    assert_int_equal (client.multiplier_e9, 250000000);
    assert_int_equal (client.risk_percent_e9, 77);
    assert_int_equal (client.sealed_size, example_client ("c2").sealed_size);
}

static void the_same_request_is_answered_and_not_applied_again (void **state)
{
    world_t *world = *state;
    client_config_t client = example_client ("c1");
    put (world->storage, &client);
    strategy_change_t change = wish (9);
    strategy_changed_t first = changed (world->storage, &change);
    client.multiplier_e9 = 7;
    put (world->storage, &client);
    strategy_changed_t again = changed (world->other, &change);
    assert_int_equal (again.revision, first.revision);
    assert_int_equal (again.changed, first.changed);
    assert_int_equal (get (world->storage, "c1").multiplier_e9, 7);
}

/*  A new revision would close its breaker. */
static void who_is_scaled_so_already_keeps_its_revision (void **state)
{
    world_t *world = *state;
    client_config_t client = example_client ("c1");
    put (world->storage, &client);
    strategy_change_t change = wish (1);
    (void) changed (world->storage, &change);
    uint64_t revision = get (world->storage, "c1").revision;
    change.request = 2;
    strategy_changed_t answer = changed (world->storage, &change);
    assert_int_equal (answer.clients, 1);
    assert_int_equal (answer.changed, 0);
    assert_int_equal (get (world->storage, "c1").revision, revision);
}

static void one_unknown_name_changes_nobody (void **state)
{
    world_t *world = *state;
    problem_t problem = {0};
    strategy_changed_t answer = {0};
    client_config_t client = example_client ("c1");
    put (world->storage, &client);
    client = get (world->storage, "c1");
    uint64_t before = revision_of (world->storage);
    strategy_change_t change = wish (1);
    change.clients_count = 2;
    (void) snprintf (change.clients[0].client_id, sizeof change.clients[0].client_id, "c1");
    (void) snprintf (change.clients[1].client_id, sizeof change.clients[1].client_id, "nobody");
    assert_int_equal (storage_strategy_change (world->storage, &change, &answer, &problem), -ERR_NOT_FOUND);
    assert_string_equal (problem.where, "parameters.clients");
    assert_non_null (strstr (problem.detail, "nobody"));
    assert_int_equal (revision_of (world->other), before);
    assert_int_equal (get (world->other, "c1").multiplier_e9, client.multiplier_e9);
    change.clients_count = 1;
    answer = changed (world->storage, &change); /*  the request was not kept either */
    assert_int_equal (answer.changed, 1);
}

int main (void)
{
#define story(f)                                                                                             \
    {                                                                                                        \
#f, f                                                                                                \
    }
    const story_t stories[] = {
        story (a_client_comes_back_as_it_was_put),
        story (must_be_new_refuses_what_is_there),
        story (unknown_clients_are_not_found),
        story (every_change_by_anyone_raises_the_revision_by_one),
        story (a_touched_client_is_the_same_under_a_new_revision),
        story (a_poller_sees_changes_in_order_and_tombstones),
        story (a_list_ends_when_its_reader_says_so),
        story (a_client_follows_from_when_it_came_or_came_back),
        story (an_import_is_all_or_none),
        story (what_no_message_could_carry_is_refused),
        story (there_is_one_master),
        story (settings_are_texts_by_name),
        story (a_strategy_changes_every_client_but_what_it_does_not_name),
        story (the_same_request_is_answered_and_not_applied_again),
        story (who_is_scaled_so_already_keeps_its_revision),
        story (one_unknown_name_changes_nobody),
    };
    return stories_run (stories, sizeof stories / sizeof stories[0]);
}
