/*  What happens at open: new, damaged, foreign, newer and unreachable files. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/storage/sqlite_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void overwrite (const world_t *world, long from, size_t size)
{
    FILE *file = fopen (world->path, "r+");
    assert_non_null (file);
    assert_int_equal (fseek (file, from, SEEK_SET), 0);
    for (size_t i = 0; i < size; i++)
        assert_true (fputc ('#', file) == '#');
    assert_int_equal (fclose (file), 0);
}

static void refuses (world_t *world, int code, const char *because)
{
    problem_t problem = {0};
    assert_int_equal (reopen (world, &problem), -code);
    assert_null (world->storage);
    assert_string_equal (problem.where, world->path);
    if (!strstr (problem.detail, because))
        fail_msg ("\"%s\" does not say \"%s\"", problem.detail, because);
}

static void a_new_database_is_private_and_says_whose_it_is (void **state)
{
    world_t *world = *state;
    struct stat status;
    client_config_t client = example_client ("c1");
    assert_int_equal (
        storage_client_put (world->storage, &client, true, NULL), 0); /*  now there is a WAL, too */
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        (void) snprintf (path, sizeof path, "%s%s", world->path, ends[i]);
        assert_int_equal (stat (path, &status), 0);
        assert_int_equal (status.st_mode & 0777, 0600);
    }
    char text[64];
    assert_string_equal (ask (world, "PRAGMA application_id", text, sizeof text), "1952656433");
    assert_string_equal (ask (world, "PRAGMA journal_mode", text, sizeof text), "wal");
    assert_string_equal (
        ask (world, "SELECT version || name FROM schema_migrations", text, sizeof text), "1001_start");
}

static void opening_again_changes_nothing (void **state)
{
    world_t *world = *state;
    client_config_t client = example_client ("c1");
    assert_int_equal (storage_client_put (world->storage, &client, true, NULL), 0);
    assert_int_equal (reopen (world, NULL), 0);
    assert_int_equal (storage_client_get (world->storage, "c1", &client, NULL), 0);
}

static void a_file_that_is_not_sqlite_is_damaged (void **state)
{
    world_t *world = *state;
    storage_close (&world->storage);
    overwrite (world, 0, 4096);
    refuses (world, ERR_CORRUPT, "not a database");
}

static void a_file_cut_short_is_damaged (void **state)
{
    world_t *world = *state;
    storage_close (&world->storage);
    assert_int_equal (truncate (world->path, 3 * 4096), 0);
    refuses (world, ERR_CORRUPT, "malformed");
}

static void a_page_overwritten_is_damaged (void **state)
{
    world_t *world = *state;
    client_config_t client = example_client ("c1");
    assert_int_equal (storage_client_put (world->storage, &client, true, NULL), 0);
    char page[32];
    (void) ask (world, "SELECT rootpage FROM sqlite_schema WHERE name = 'clients'", page, sizeof page);
    storage_close (&world->storage);
    overwrite (world, (strtol (page, NULL, 10) - 1) * 4096, 4096);
    refuses (world, ERR_CORRUPT, "");
}

static void a_newer_schema_is_refused (void **state)
{
    world_t *world = *state;
    storage_close (&world->storage);
    by_hand (world, "INSERT INTO schema_migrations VALUES (99, '099_future', 0)");
    refuses (world, ERR_STORAGE, "schema version 99");
    char text[64];
    assert_string_equal (ask (world, "SELECT max (version) FROM schema_migrations", text, sizeof text), "99");
}

static void another_programs_database_is_left_alone (void **state)
{
    world_t *world = *state;
    storage_close (&world->storage);
    assert_int_equal (unlink (world->path), 0);
    FILE *file = fopen (world->path, "w");
    assert_non_null (file);
    assert_int_equal (fclose (file), 0);
    by_hand (world, "CREATE TABLE accounts (id INTEGER)"); /*  as the Python copier's */
    refuses (world, ERR_STORAGE, "another program's");
    char text[64];
    assert_string_equal (
        ask (world, "SELECT group_concat (name) FROM sqlite_schema", text, sizeof text), "accounts");
    assert_string_equal (ask (world, "PRAGMA journal_mode", text, sizeof text), "delete");
}

static void without_create_nothing_is_made (void **state)
{
    world_t *world = *state;
    char url[160];
    problem_t problem = {0};
    storage_t *storage = NULL;
    (void) snprintf (url, sizeof url, "sqlite:///%s/none.db", world->folder);
    assert_int_equal (storage_open (&storage, url, false, &problem), -ERR_NOT_FOUND);
    assert_non_null (strstr (problem.where, "none.db"));
    assert_int_not_equal (access (url + strlen ("sqlite:///"), F_OK), 0);
    storage_close (&world->storage);
    assert_int_equal (truncate (world->path, 0), 0); /*  an empty file is no database either */
    assert_int_equal (storage_open (&storage, world->url, false, &problem), -ERR_NOT_FOUND);
    assert_int_equal (storage_open (&world->storage, world->url, true, &problem), 0);
}

static void wrong_places_are_named (void **state)
{
    (void) state;
    storage_t *storage = NULL;
    problem_t problem = {0};
    assert_int_equal (storage_open (&storage, "sqlite:////nonexistent/x.db", true, &problem), -ERR_IO);
    assert_string_equal (problem.where, "/nonexistent/x.db");
    assert_int_equal (storage_open (&storage, "sqlite:////tmp", true, &problem), -ERR_IO);
    assert_non_null (strstr (problem.detail, "regular file"));
    assert_int_equal (storage_open (&storage, "mysql://u:p@h/d", true, &problem), -ERR_SETTING);
    assert_string_equal (problem.where, "DATABASE_URL");
    assert_null (storage);
}

/*  In a child, as a user who may not write: 0 = both were refused as they should be. */
static int as_nobody (const world_t *world)
{
    if (geteuid () == 0 && (setgid (65534) != 0 || setuid (65534) != 0))
        return 1;
    char url[160];
    storage_t *storage = NULL;
    problem_t problem = {0};
    (void) snprintf (url, sizeof url, "sqlite:///%s/new.db", world->folder);
    if (storage_open (&storage, url, true, &problem) != -ERR_IO ||
        !strstr (problem.detail, "Permission denied"))
        return 2;
    if (storage_open (&storage, world->url, true, &problem) != -ERR_IO ||
        strcmp (problem.where, world->path) != 0)
        return 3;
    return 0;
}

static void a_place_without_write_permission_is_named (void **state)
{
    world_t *world = *state;
    storage_close (&world->storage);
    assert_int_equal (chmod (world->path, 0444), 0);
    assert_int_equal (chmod (world->folder, 0555), 0);
    pid_t pid = fork ();
    assert_true (pid >= 0);
    if (pid == 0)
        _exit (as_nobody (world));
    int status = 0;
    assert_int_equal (waitpid (pid, &status, 0), pid);
    assert_int_equal (chmod (world->folder, 0700), 0);
    assert_int_equal (status, 0);
}

/*  Six processes open the same new file at once and change it: one migrates, all go on, no change is lost. */
static int grow (const world_t *world, int number)
{
    storage_t *storage = NULL;
    if (storage_open (&storage, world->url, true, NULL) != 0)
        return 1;
    for (int i = 0; i < 10; i++) {
        char id[32];
        (void) snprintf (id, sizeof id, "c%d-%d", number, i);
        client_config_t client = example_client (id);
        if (storage_client_put (storage, &client, true, NULL) != 0)
            return 2;
    }
    storage_close (&storage);
    return 0;
}

static void many_processes_start_at_once (void **state)
{
    enum { PROCESSES = 6 };
    world_t *world = *state;
    storage_close (&world->storage);
    assert_int_equal (unlink (world->path), 0);
    for (int i = 0; i < PROCESSES; i++) {
        pid_t pid = fork ();
        assert_true (pid >= 0);
        if (pid == 0)
            _exit (grow (world, i));
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 0;
        assert_true (wait (&status) > 0);
        assert_int_equal (status, 0);
    }
    assert_int_equal (reopen (world, NULL), 0);
    uint64_t revision = 0;
    assert_int_equal (storage_revision (world->storage, &revision, NULL), 0);
    assert_int_equal (revision, PROCESSES * 10);
    char text[64];
    assert_string_equal (
        ask (world, "SELECT count (DISTINCT revision) FROM clients", text, sizeof text), "60");
}

int main (void)
{
#define story(f) cmocka_unit_test_setup_teardown (f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        story (a_new_database_is_private_and_says_whose_it_is),
        story (opening_again_changes_nothing),
        story (a_file_that_is_not_sqlite_is_damaged),
        story (a_file_cut_short_is_damaged),
        story (a_page_overwritten_is_damaged),
        story (a_newer_schema_is_refused),
        story (another_programs_database_is_left_alone),
        story (without_create_nothing_is_made),
        story (wrong_places_are_named),
        story (a_place_without_write_permission_is_named),
        story (many_processes_start_at_once),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
