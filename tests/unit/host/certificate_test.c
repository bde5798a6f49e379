/*  certificate, keyring: files of certificates, and what is said about the bad ones. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "actors/host/keyring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PUBLIC "k*D[+EmHAFx6UFd7xXVBCrhBR03Wy@P<ItWjtGS}"
#define SECRET "no pair of it: 40 characters of text...."

static char s_directory[64];
static problem_t s_problem;

static int make_directory (void **state)
{
    (void) state;
    (void) strcpy (s_directory, "/tmp/tc-test-XXXXXX");
    assert_non_null (mkdtemp (s_directory));
    return 0;
}

static int remove_directory (void **state)
{
    char command[128];
    (void) state;
    (void) snprintf (command, sizeof command, "rm -rf %s", s_directory);
    return system (command);
}

static const char *path (const char *name)
{
    static char text[256];
    (void) snprintf (text, sizeof text, "%s/%s", s_directory, name);
    return text;
}

static void write_file (const char *name, const char *text)
{
    FILE *file = fopen (path (name), "w");
    assert_non_null (file);
    assert_true (fputs (text, file) >= 0);
    assert_int_equal (fclose (file), 0);
}

/*  ---- names ---- */

static bool covers (const char *label, const char *name)
{
    certificate_t certificate;
    assert_true (certificate_name (&certificate, label));
    return certificate_covers (&certificate, name);
}

static void a_name_is_a_role_or_one_of_it (void **state)
{
    certificate_t one;
    (void) state;
    assert_true (certificate_name (&one, "executor-7~old"));
    assert_string_equal (one.name, "executor-7");
    assert_int_equal (one.role, CERTIFICATE_EXECUTOR);
    assert_true (certificate_name (&one, "monitor"));
    assert_false (certificate_name (&one, "fast"));
    assert_false (certificate_name (&one, ""));
    assert_false (certificate_name (&one, "executors"));
    assert_false (certificate_name (&one, "executor/../x"));
    assert_false (certificate_name (&one, "executor~a~b"));
    assert_false (certificate_name (&one, "executor-0123456789012345678901234567890123456789"));
    assert_false (certificate_name (
        &one, "executor~0123456789012345678901234567890123456789012345678901234567890123456789"));
}

static void a_certificate_covers_its_role_or_its_name (void **state)
{
    (void) state;
    assert_true (covers ("executor", "executor-1"));
    assert_true (covers ("executor", "fast")); /*  called like no other role: an executor */
    assert_false (covers ("executor", "audit"));
    assert_false (covers ("executor", "listener-2"));
    assert_true (covers ("executor-7", "executor-7"));
    assert_false (covers ("executor-7", "executor-70"));
    assert_false (covers ("executor-7", "executor"));
    assert_true (covers ("executor-7~old", "executor-7"));
    assert_true (covers ("listener", "listener-2")); /*  its standby */
    assert_false (covers ("monitor", "executor-1"));
    assert_false (covers ("monitor", "dispatcher"));
}

/*  ---- texts ---- */

static int parse (const char *text, bool secret)
{
    char key[CERTIFICATE_TEXT];
    char hidden[CERTIFICATE_TEXT];
    memset (&s_problem, 0, sizeof s_problem);
    int rc =
        certificate_parse ("k/executor.key", text, strlen (text), key, secret ? hidden : NULL, &s_problem);
    assert_null (strstr (s_problem.detail, "no pair of it")); /*  never what might be a secret */
    if (rc == 0)
        assert_string_equal (key, PUBLIC);
    return rc;
}

static void refused (const char *text, bool secret, int code, const char *where, const char *what)
{
    assert_int_equal (parse (text, secret), -code);
    assert_string_equal (s_problem.where, where);
    if (!strstr (s_problem.detail, what))
        fail_msg ("\"%s\" is not in \"%s\"", what, s_problem.detail);
}

static void a_public_file_is_read (void **state)
{
    (void) state;
    assert_int_equal (
        parse ("#  comment\nmetadata\n    name = \"x\"\ncurve\n    public-key = \"" PUBLIC "\"\n", false), 0);
    assert_int_equal (parse ("public-key=" PUBLIC "\r\n", false), 0);
}

static void bad_files_are_told_with_their_line (void **state)
{
    char text[CERTIFICATE_FILE_MAX + 1];
    (void) state;
    refused ("", false, ERR_MISSING, "k/executor.key", "no public-key");
    refused ("curve\n  public-key = \"short\"\n", false, ERR_SYNTAX, "k/executor.key:2", "40 characters");
    refused ("public-key = \"" PUBLIC "\" more\n", false, ERR_SYNTAX, "k/executor.key:1", "40 characters");
    refused ("public-key = \"" PUBLIC "\n", false, ERR_SYNTAX, "k/executor.key:1", "40 characters");
    refused ("public-key = \"k*D[+EmHAFx6UFd7xXVBCrhBR03Wy@P<ItWjtG~~\"\n", false, ERR_SYNTAX,
        "k/executor.key:1", "40 characters");
    refused ("public-key = \"" PUBLIC "\"\npublic-key = \"" PUBLIC "\"\n", false, ERR_SYNTAX,
        "k/executor.key:2", "twice");
    refused ("\nsecret-key = \"" SECRET "\"\n", false, ERR_SETTING, "k/executor.key:2", "in a public file");
    refused ("public-key = \"" PUBLIC "\"\n", true, ERR_MISSING, "k/executor.key", "no secret-key");
    refused ("public-key = \"" PUBLIC "\"\nsecret-key = \"" SECRET "\"\n", true, ERR_SYNTAX,
        "k/executor.key:2", "secret-key");
    memset (text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    refused (text, false, ERR_RANGE, "k/executor.key", "4095");
    text[300] = '\0';
    refused (text, false, ERR_RANGE, "k/executor.key:1", "255");
}

/*  ---- files ---- */

static void a_pair_is_made_once (void **state)
{
    char secret[CERTIFICATE_PATH_MAX];
    char key[2][CERTIFICATE_TEXT];
    char hidden[CERTIFICATE_TEXT];
    struct stat about;
    (void) state;
    assert_int_equal (certificate_make (s_directory, "executor", false, &s_problem), 0);
    assert_int_equal (certificate_secret_path (secret, s_directory, "executor", &s_problem), 0);
    assert_int_equal (stat (secret, &about), 0);
    assert_int_equal (about.st_mode & 07777, 0600);
    assert_int_equal (stat (path ("secret"), &about), 0);
    assert_int_equal (about.st_mode & 07777, 0700);
    assert_int_equal (certificate_load_secret (secret, key[0], hidden, &s_problem), 0);
    assert_int_equal (certificate_make (s_directory, "executor", false, &s_problem), -ERR_EXISTS);
    assert_int_equal (unlink (path ("public/executor.key")), 0); /*  one of the two is enough */
    assert_int_equal (certificate_make (s_directory, "executor", false, &s_problem), -ERR_EXISTS);
    assert_string_equal (s_problem.where, secret);
    assert_int_equal (certificate_load_secret (secret, key[1], hidden, &s_problem), 0);
    assert_string_equal (key[0], key[1]);
    assert_int_equal (chmod (secret, 0644), 0);
    assert_int_equal (certificate_make (s_directory, "executor", true, &s_problem), 0);
    assert_int_equal (stat (secret, &about), 0);
    assert_int_equal (about.st_mode & 07777, 0600);
    assert_int_equal (certificate_load_secret (secret, key[1], hidden, &s_problem), 0);
    assert_string_not_equal (key[0], key[1]);
    assert_int_equal (access (path ("secret/executor.key_secret.new"), F_OK), -1);
}

static void two_keys_that_are_no_pair (void **state)
{
    char key[CERTIFICATE_TEXT];
    char hidden[CERTIFICATE_TEXT];
    char text[256];
    (void) state;
    assert_int_equal (certificate_make (s_directory, "audit", false, &s_problem), 0);
    assert_int_equal (certificate_load_secret (path ("secret/audit.key_secret"), key, hidden, &s_problem), 0);
    (void) snprintf (text, sizeof text, "public-key = \"" PUBLIC "\"\nsecret-key = \"%s\"\n", hidden);
    write_file ("mixed.key_secret", text);
    assert_int_equal (
        certificate_load_secret (path ("mixed.key_secret"), key, hidden, &s_problem), -ERR_CORRUPT);
    assert_string_equal (hidden, "");
    assert_int_equal (
        certificate_load_secret (path ("none.key_secret"), key, hidden, &s_problem), -ERR_NOT_FOUND);
    assert_string_equal (s_problem.where, path ("none.key_secret"));
}

static void a_directory_is_a_table (void **state)
{
    static keyring_t ring, later;
    size_t bad = 0;
    (void) state;
    write_file ("executor.key", "public-key = \"" PUBLIC "\"\n");
    write_file ("notes.txt", "not looked at");
    assert_int_equal (keyring_read (&ring, s_directory, NULL, &s_problem), 0);
    assert_int_equal (ring.count, 1);
    assert_string_equal (keyring_find (&ring, PUBLIC)->name, "executor");
    assert_non_null (keyring_label (&ring, "executor"));
    assert_null (keyring_label (&ring, "tap"));
    assert_int_equal (keyring_read (&later, s_directory, NULL, &s_problem), 0);
    assert_true (keyring_same (&ring, &later));

    write_file ("tap.key", "half a fi");
    assert_int_equal (keyring_read (&later, s_directory, NULL, &s_problem), -ERR_MISSING);
    assert_string_equal (s_problem.where, path ("tap.key"));
    assert_int_equal (later.count, 1);
    assert_int_equal (keyring_read (&later, s_directory, &bad, &s_problem), 0);
    assert_int_equal (bad, 1);
    assert_true (keyring_same (&ring, &later));

    assert_int_equal (unlink (path ("executor.key")), 0);
    assert_int_equal (keyring_read (&later, s_directory, &bad, &s_problem), 0);
    assert_null (keyring_find (&later, PUBLIC));
    assert_false (keyring_same (&ring, &later));

    write_file ("stranger.key", "public-key = \"" PUBLIC "\"\n");
    assert_int_equal (unlink (path ("tap.key")), 0);
    assert_int_equal (keyring_read (&later, s_directory, NULL, &s_problem), -ERR_SYNTAX);
    assert_string_equal (s_problem.where, "stranger.key");
    assert_int_equal (keyring_read (&later, path ("nowhere"), NULL, &s_problem), -ERR_NOT_FOUND);
    assert_string_equal (s_problem.where, path ("nowhere"));
}

static void more_than_there_is_room_for (void **state)
{
    static keyring_t ring;
    (void) state;
    for (int n = 0; n <= KEYRING_MAX; n++) {
        char name[64];
        (void) snprintf (name, sizeof name, "executor-%d.key", n);
        write_file (name, "public-key = \"" PUBLIC "\"\n");
    }
    assert_int_equal (keyring_read (&ring, s_directory, NULL, &s_problem), -ERR_RANGE);
    assert_int_equal (ring.count, 0);
    assert_int_equal (unlink (path ("executor-0.key")), 0);
    assert_int_equal (keyring_read (&ring, s_directory, NULL, &s_problem), 0);
    assert_int_equal (ring.count, KEYRING_MAX);
}

int main (void)
{
#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown (test, make_directory, remove_directory)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (a_name_is_a_role_or_one_of_it),
        cmocka_unit_test (a_certificate_covers_its_role_or_its_name),
        cmocka_unit_test (a_public_file_is_read),
        cmocka_unit_test (bad_files_are_told_with_their_line),
        IN_DIRECTORY (a_pair_is_made_once),
        IN_DIRECTORY (two_keys_that_are_no_pair),
        IN_DIRECTORY (a_directory_is_a_table),
        IN_DIRECTORY (more_than_there_is_room_for),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
