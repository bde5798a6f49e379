/*  What the operating system sees of a process that holds keys. Each story runs in a child, since hardening and limits
 *  cannot be taken back. A child's exit code is the number of the step that failed, 0 = none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "storage/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534
#define step(number, condition)                                                                              \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            _exit (number);                                                                                  \
    } while (0)

static int run (void (*child) (int report), int *pipe_p)
{
    int ends[2];
    assert_int_equal (pipe (ends), 0);
    pid_t pid = fork ();
    assert_true (pid >= 0);
    if (pid == 0) {
        (void) close (ends[0]);
        child (ends[1]);
        _exit (0);
    }
    (void) close (ends[1]);
    *pipe_p = ends[0];
    return pid;
}

static int ended (pid_t pid)
{
    int status = 0;
    assert_int_equal (waitpid (pid, &status, 0), pid);
    return status;
}

/*  Core files go to the working directory when core_pattern says "core"; a handler would be asked otherwise, and
 *  WCOREDUMP tells in both cases. */
static void crash_with_keys (int report)
{
    (void) report;
    struct rlimit big = {1 << 26, 1 << 26};
    (void) setrlimit (RLIMIT_CORE, &big);
    step (1, vault_harden (NULL) == 0);
    credentials_t *credentials = credentials_new ();
    step (2, credentials);
    (void) snprintf (credentials->secret, sizeof credentials->secret, "must not be in a core");
    (void) signal (SIGSEGV, SIG_DFL); /*  a sanitizer's handler would exit instead */
    (void) raise (SIGSEGV);
}

static void killed_by_sigsegv_it_leaves_no_core (void **state)
{
    (void) state;
    char folder[] = "/tmp/vault_process_XXXXXX";
    assert_non_null (mkdtemp (folder));
    char before[256];
    assert_non_null (getcwd (before, sizeof before));
    assert_int_equal (chdir (folder), 0);
    int report = -1;
    int status = ended (run (crash_with_keys, &report));
    (void) close (report);
    assert_true (WIFSIGNALED (status));
    assert_int_equal (WTERMSIG (status), SIGSEGV);
    assert_false (WCOREDUMP (status));
    assert_int_equal (chdir (before), 0);
    assert_int_equal (rmdir (folder), 0); /*  fails when anything lies in it */
}

static void hold_and_wait (int report)
{
    step (1, geteuid () != 0 || setgid (NOBODY) == 0);
    step (2, geteuid () != 0 || setuid (NOBODY) == 0);
    step (3, prctl (PR_SET_DUMPABLE, 1, 0, 0, 0) == 0); /*  as a program starts that had no setuid */
    step (4, vault_harden (NULL) == 0);
    step (5, prctl (PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
    struct rlimit core;
    step (6, getrlimit (RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0);
    credentials_t *credentials = credentials_new ();
    step (7, credentials);
    (void) snprintf (credentials->secret, sizeof credentials->secret, "not for others");
    step (8, write (report, &credentials, sizeof credentials) == sizeof credentials);
    (void) pause ();
}

/*  Another process of the same user. */
static int peek (pid_t target, void *address)
{
    pid_t pid = fork ();
    if (pid == 0) {
        if (geteuid () == 0 && (setgid (NOBODY) != 0 || setuid (NOBODY) != 0))
            _exit (1);
        (void) prctl (PR_SET_DUMPABLE, 1, 0, 0, 0);
        char bytes[16];
        struct iovec here = {bytes, sizeof bytes};
        struct iovec there = {address, sizeof bytes};
        step (2, process_vm_readv (target, &here, 1, &there, 1, 0) < 0 && errno == EPERM);
        char path[64];
        (void) snprintf (path, sizeof path, "/proc/%d/mem", (int) target);
        step (3, open (path, O_RDONLY) < 0 && errno == EACCES);
        _exit (0);
    }
    return ended (pid);
}

static void the_same_user_cannot_read_its_memory (void **state)
{
    (void) state;
    int report = -1;
    pid_t pid = run (hold_and_wait, &report);
    void *address = NULL;
    ssize_t size = read (report, &address, sizeof address);
    int seen = size == sizeof address ? peek (pid, address) : -1;
    assert_int_equal (kill (pid, SIGKILL), 0);
    int status = ended (pid);
    (void) close (report);
    assert_true (WIFSIGNALED (status)); /*  no step failed before it waited */
    assert_int_equal (seen, 0);
}

static int limit_and_drop (rlim_t bytes)
{
    struct rlimit limit = {bytes, bytes};
    if (setrlimit (RLIMIT_MEMLOCK, &limit) != 0)
        return 1;
    /*  root may lock whatever the limit says */
    return geteuid () == 0 && (setgid (NOBODY) != 0 || setuid (NOBODY) != 0) ? 2 : 0;
}

static void use_64_kib (int report)
{
    (void) report;
    step (1, limit_and_drop (64 * 1024) == 0);
    char text[VAULT_KEY_TEXT_MAX];
    vault_keygen (text);
    vault_t *vault = NULL;
    step (2, vault_new (&vault, text, NULL) == 0);
    static credentials_t *all[1000];
    int count = 0;
    while (count < 1000 && (all[count] = credentials_new ()))
        count++;
    step (3, count >= 130); /*  15 pages of 10 slots, less what the ends of slabs waste */
    step (4, count < 1000);
    problem_t problem = {0};
    step (5, vault_memory_problem (&problem) == -ERR_MEMORY);
    step (6, strcmp (problem.where, "RLIMIT_MEMLOCK") == 0 && strstr (problem.detail, "the limit is 64 KiB"));
    uint8_t sealed[VAULT_SEALED_MAX];
    size_t size = 0;
    step (7, vault_seal (vault, "a", "k", "s", sealed, &size, NULL) == -ERR_MEMORY); /*  said, not crashed */
    credentials_destroy (&all[0]);
    step (8, vault_seal (vault, "a", "k", "s", sealed, &size, NULL) == 0);
}

__attribute__ ((unused)) static void a_container_with_64_kib_holds_a_hundred_clients (void **state)
{
    (void) state;
    int report = -1;
    int status = ended (run (use_64_kib, &report));
    (void) close (report);
    assert_int_equal (status, 0);
}

static void use_nothing (int report)
{
    (void) report;
    step (1, limit_and_drop (0) == 0);
    char text[VAULT_KEY_TEXT_MAX];
    vault_keygen (text);
    vault_t *vault = NULL;
    problem_t problem = {0};
    step (2, vault_new (&vault, text, &problem) == -ERR_MEMORY);
    step (3, !vault && strcmp (problem.where, "RLIMIT_MEMLOCK") == 0);
    step (4, !credentials_new ());
}

__attribute__ ((unused)) static void without_locked_memory_it_says_which_limit (void **state)
{
    (void) state;
    int report = -1;
    int status = ended (run (use_nothing, &report));
    (void) close (report);
    assert_int_equal (status, 0);
}

/*  the sanitizers' run-time makes mlock do nothing and succeed: there no limit can be met */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LOCKS_COUNT 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LOCKS_COUNT 0
#endif
#endif
#ifndef LOCKS_COUNT
#define LOCKS_COUNT 1
#endif

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (killed_by_sigsegv_it_leaves_no_core),
        cmocka_unit_test (the_same_user_cannot_read_its_memory),
#if LOCKS_COUNT
        cmocka_unit_test (a_container_with_64_kib_holds_a_hundred_clients),
        cmocka_unit_test (without_locked_memory_it_says_which_limit),
#endif
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
