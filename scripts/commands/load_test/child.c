/*  child.c: fork and exec of ourselves in a session of its own, so that a terminal's Ctrl-C reaches the driver alone,
 *  which then stops its children in order. */
#include "scripts/commands/load_test/child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGUMENTS_MAX 24
#define STEP_MS 10

static void rest_ms (int ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    (void) nanosleep (&pause, NULL);
}

/*  In the child: only calls that are safe after fork. */
static void become (char *const *argv, int log, bool keep, pid_t parent)
{
    (void) setsid ();
    if (!keep && (prctl (PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid () != parent))
        _exit (126);
    int nothing = open ("/dev/null", O_RDONLY);
    if (nothing < 0 || dup2 (nothing, 0) < 0 || dup2 (log, 1) < 0 || dup2 (log, 2) < 0)
        _exit (126);
    execv ("/proc/self/exe", argv);
    _exit (127);
}

int child_start (
    child_t *self, const char *name, char *const *arguments, const char *log, bool keep, problem_t *problem)
{
    assert (self && name && arguments && log);
    char *argv[ARGUMENTS_MAX];
    size_t count = 0;
    argv[count++] = program_invocation_name;
    for (; *arguments && count < ARGUMENTS_MAX - 1; arguments++)
        argv[count++] = *arguments;
    assert (!*arguments);
    argv[count] = NULL;
    *self = (child_t){.name = name};
    if (snprintf (self->log, sizeof self->log, "%s", log) >= (int) sizeof self->log)
        return problem_set (problem, ERR_RANGE, log, "the path is too long");
    int file = open (log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0)
        return problem_set (problem, ERR_IO, log, "cannot be made: %s", strerror (errno));
    pid_t parent = getpid ();
    pid_t pid = fork ();
    if (pid == 0)
        become (argv, file, keep, parent);
    (void) close (file);
    if (pid < 0)
        return problem_set (problem, ERR_IO, name, "cannot be started: %s", strerror (errno));
    self->pid = pid;
    return 0;
}

void child_tail (const child_t *self, char *text, size_t size)
{
    assert (self && text && size > 0);
    FILE *file = fopen (self->log, "r");
    size_t got = 0;
    if (file) {
        if (fseek (file, -(long) (size - 1), SEEK_END) != 0)
            rewind (file);
        got = fread (text, 1, size - 1, file);
        (void) fclose (file);
    }
    text[got] = '\0';
}

static int tell_end (child_t *self, int status, problem_t *problem)
{
    char tail[240];
    child_tail (self, tail, sizeof tail);
    if (WIFSIGNALED (status))
        return problem_set (problem, ERR_UNEXPECTED, self->name,
            "ended by signal %d; its log (%.100s) ends: %s", WTERMSIG (status), self->log, tail);
    return problem_set (problem, ERR_UNEXPECTED, self->name, "ended with code %d; its log (%.100s) ends: %s",
        WEXITSTATUS (status), self->log, tail);
}

bool child_runs (child_t *self, problem_t *problem)
{
    assert (self);
    int status = 0;
    if (self->pid > 0 && waitpid (self->pid, &status, WNOHANG) == 0)
        return true;
    if (self->pid > 0)
        (void) tell_end (self, status, problem);
    self->pid = 0;
    return false;
}

static bool find_line (const child_t *self, const char *prefix, char *rest, size_t size)
{
    char line[512];
    bool found = false;
    FILE *file = fopen (self->log, "r");
    while (file && !found && fgets (line, sizeof line, file)) {
        found = strncmp (line, prefix, strlen (prefix)) == 0 && strchr (line, '\n');
        line[strcspn (line, "\n")] = '\0';
        if (found)
            (void) snprintf (rest, size, "%s", line + strlen (prefix));
    }
    if (file)
        (void) fclose (file);
    return found;
}

int child_line (
    child_t *self, const char *prefix, char *rest, size_t size, int timeout_ms, problem_t *problem)
{
    assert (self && prefix && rest);
    for (int waited_ms = 0; waited_ms < timeout_ms; waited_ms += STEP_MS) {
        if (find_line (self, prefix, rest, size))
            return 0;
        if (!child_runs (self, problem))
            return -ERR_UNEXPECTED;
        rest_ms (STEP_MS);
    }
    return problem_set (
        problem, ERR_TIMEOUT, self->name, "did not say \"%s\" within %d ms", prefix, timeout_ms);
}

int child_stop (child_t *self, int timeout_ms, problem_t *problem)
{
    assert (self);
    int status = 0;
    if (self->pid <= 0)
        return 0;
    (void) kill (self->pid, SIGTERM);
    for (int waited_ms = 0; waited_ms < timeout_ms; waited_ms += STEP_MS) {
        if (waitpid (self->pid, &status, WNOHANG) == self->pid) {
            self->pid = 0;
            return WIFEXITED (status) && WEXITSTATUS (status) == 0 ? 0 : tell_end (self, status, problem);
        }
        rest_ms (STEP_MS);
    }
    (void) kill (self->pid, SIGKILL);
    (void) waitpid (self->pid, &status, 0);
    self->pid = 0;
    return problem_set (problem, ERR_TIMEOUT, self->name, "did not stop within %d ms of SIGTERM", timeout_ms);
}
