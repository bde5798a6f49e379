/*  curve_settings: who needs keys, and which files they are. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "actors/host/curve_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ACTORS                                                                                               \
    "actor tap tap\nactor alert alert\nactor audit audit\nactor dispatcher dispatcher\nactor listener "      \
    "listener\nactor executor-1 executor\nactor executor-7 executor\n"

static char s_directory[64];
static problem_t s_problem;

static int make_keys (void **state)
{
    (void) state;
    (void) strcpy (s_directory, "/tmp/tc-test-XXXXXX");
    assert_non_null (mkdtemp (s_directory));
    for (int role = 0; role < CERTIFICATE_ROLES; role++)
        assert_int_equal (certificate_make (s_directory, certificate_role_text ((certificate_role_t) role),
                              false, &s_problem),
            0);
    return 0;
}

static int remove_keys (void **state)
{
    char command[128];
    (void) state;
    (void) snprintf (command, sizeof command, "rm -rf %s", s_directory);
    return system (command);
}

/*  What an actor of this topology gets with these settings: 1 = keys, 0 = none needed, or the error. */
static int keys_of (const char *name, const char *topology_text, const char *env)
{
    static topology_t topology;
    char text[1024];
    settings_t *settings = NULL;
    curve_t *curve = NULL;
    memset (&s_problem, 0, sizeof s_problem);
    (void) snprintf (text, sizeof text, "%s" ACTORS, topology_text);
    assert_int_equal (topology_parse (&topology, "t", text, &s_problem), 0);
    assert_int_equal (settings_parse (&settings, ".env", env, strlen (env), NULL, &s_problem), 0);
    int rc = curve_of_actor (&curve, settings, &topology, topology_find (&topology, name), &s_problem);
    assert_true (rc == 0 || !curve);
    rc = rc == 0 && curve ? 1 : rc;
    curve_destroy (&curve);
    settings_destroy (&settings);
    return rc;
}

static const char *with_directory (void)
{
    static char env[128];
    (void) snprintf (env, sizeof env, "CURVE_DIR=%s\n", s_directory);
    return env;
}

static void loopback_is_this_machine (void **state)
{
    (void) state;
    assert_true (curve_is_loopback ("tcp://127.0.0.1:7600"));
    assert_true (curve_is_loopback ("tcp://127.8.8.8:7600"));
    assert_true (curve_is_loopback ("tcp://localhost:7600"));
    assert_true (curve_is_loopback ("tcp://[::1]:7600"));
    assert_true (curve_is_loopback ("ipc:///tmp/x"));
    assert_false (curve_is_loopback ("tcp://0.0.0.0:7600"));
    assert_false (curve_is_loopback ("tcp://*:7600"));
    assert_false (curve_is_loopback ("tcp://10.0.0.1:7600"));
    assert_false (curve_is_loopback ("tcp://127.0.0.1.example.com:7600"));
    assert_false (curve_is_loopback ("tcp://dispatcher:7600"));
    assert_false (curve_is_loopback ("tcp://eth0"));
    /*  a dispatcher with a standby: where it may be */
    assert_true (curve_is_loopback ("tcp://127.0.0.1:7600,tcp://127.0.0.2:7600"));
    assert_false (curve_is_loopback ("tcp://127.0.0.1:7600,tcp://10.0.0.2:7600"));
    assert_false (curve_is_loopback ("tcp://10.0.0.2:7600,tcp://127.0.0.1:7600"));
}

static void keys_are_needed_beyond_this_machine (void **state)
{
    (void) state;
    assert_int_equal (keys_of ("audit", "transport ipc\nbase /tmp/x\n", ""), 0);
    assert_int_equal (keys_of ("audit", "transport ipc\nbase /tmp/x\n", with_directory ()), 0);
    assert_int_equal (keys_of ("audit", "transport tcp\nbase 127.0.0.1:7600\n", ""), 0);
    assert_int_equal (keys_of ("audit", "transport tcp\nbase 127.0.0.1:7600\n", with_directory ()), 1);
    assert_int_equal (keys_of ("audit", "transport tcp\nbase 10.0.0.1:7600\n", with_directory ()), 1);
    assert_int_equal (keys_of ("audit", "transport tcp\nbase 10.0.0.1:7600\n", ""), -ERR_SETTING);
    assert_non_null (strstr (s_problem.where, "tcp://10.0.0.1:"));
    assert_non_null (strstr (s_problem.detail, "CURVE_DIR"));
}

static void the_taps_own_address_counts_too (void **state)
{
    (void) state;
    assert_int_equal (
        keys_of ("tap", "transport ipc\nbase /tmp/x\n", "TAP_ENDPOINT=tcp://0.0.0.0:5599\n"), -ERR_SETTING);
    assert_string_equal (s_problem.where, "tcp://0.0.0.0:5599");
    assert_int_equal (
        keys_of ("audit", "transport ipc\nbase /tmp/x\n", "TAP_ENDPOINT=tcp://0.0.0.0:5599\n"), 0);
    assert_int_equal (keys_of ("tap", "transport ipc\nbase /tmp/x\n", "TAP_PORT=5599\n"), 0);
    assert_int_equal (keys_of ("tap", "transport ipc\nbase /tmp/x\n",
                          "ENABLE_TAP=false\nTAP_ENDPOINT=tcp://0.0.0.0:5599\n"),
        0);
}

static void an_actor_takes_its_own_file_before_its_roles (void **state)
{
    static const char tcp[] = "transport tcp\nbase 127.0.0.1:7600\n";
    char path[CERTIFICATE_PATH_MAX];
    char env[512];
    (void) state;
    assert_int_equal (keys_of ("executor-7", tcp, with_directory ()), 1);
    assert_int_equal (certificate_make (s_directory, "executor-7", false, &s_problem), 0);
    assert_int_equal (certificate_secret_path (path, s_directory, "executor", &s_problem), 0);
    assert_int_equal (unlink (path), 0);
    assert_int_equal (keys_of ("executor-7", tcp, with_directory ()), 1);
    assert_int_equal (keys_of ("executor-1", tcp, with_directory ()), -ERR_NOT_FOUND);
    assert_string_equal (s_problem.where, path);

    (void) snprintf (env, sizeof env,
        "CURVE_SECRET_FILE=%s/secret/executor-7.key_secret\nCURVE_PUBLIC_DIR=%s/public\n", s_directory,
        s_directory);
    assert_int_equal (keys_of ("executor-7", tcp, env), 1);
    assert_int_equal (keys_of ("executor-1", tcp, env), -ERR_SETTING); /*  it is another's */
    assert_non_null (strstr (s_problem.detail, "expected one of executor-1"));
}

static void whom_it_connects_to_must_be_known (void **state)
{
    static const char tcp[] = "transport tcp\nbase 127.0.0.1:7600\n";
    char path[CERTIFICATE_PATH_MAX];
    (void) state;
    assert_int_equal (certificate_public_path (path, s_directory, "dispatcher", &s_problem), 0);
    assert_int_equal (unlink (path), 0);
    assert_int_equal (keys_of ("tap", tcp, with_directory ()), 1);
    assert_int_equal (keys_of ("dispatcher", tcp, with_directory ()), 1);
    assert_int_equal (keys_of ("listener", tcp, with_directory ()), -ERR_MISSING);
    assert_non_null (strstr (s_problem.detail, "no dispatcher.key"));
}

int main (void)
{
#define WITH_KEYS(test) cmocka_unit_test_setup_teardown (test, make_keys, remove_keys)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (loopback_is_this_machine),
        WITH_KEYS (keys_are_needed_beyond_this_machine),
        WITH_KEYS (the_taps_own_address_counts_too),
        WITH_KEYS (an_actor_takes_its_own_file_before_its_roles),
        WITH_KEYS (whom_it_connects_to_must_be_known),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
