/*  secret.c: reads with read(2), not stdio, whose buffers would keep a copy. */
#include "scripts/commands/secret.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/*  The first line of fd into text (VAULT_TEXT_MAX bytes), byte by byte: what follows on stdin is not ours. */
static int read_line (int fd, const char *where, char *text, problem_t *problem)
{
    size_t used = 0;
    for (;;) {
        char c = '\0';
        ssize_t got = read (fd, &c, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return problem_set (problem, ERR_IO, where, "cannot be read: %s", strerror (errno));
        if (got == 0 || c == '\n')
            break;
        if (used + 1 >= VAULT_TEXT_MAX)
            return problem_set (
                problem, ERR_SETTING, where, "expected at most %d characters", VAULT_TEXT_MAX - 1);
        text[used++] = c;
    }
    if (used > 0 && text[used - 1] == '\r')
        used--;
    text[used] = '\0';
    return used ? 0
                : problem_set (problem, ERR_SETTING, where, "the first line is empty, expected the secret");
}

static int read_file (const char *file, char *text, problem_t *problem)
{
    if (strcmp (file, "-") == 0)
        return read_line (STDIN_FILENO, "stdin", text, problem);
    int fd = open (file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return problem_set (problem, ERR_SETTING, file, "cannot be opened: %s", strerror (errno));
    int rc = read_line (fd, file, text, problem);
    close (fd);
    return rc;
}

static int prompt (const char *question, char *text, problem_t *problem)
{
    struct termios shown;
    if (tcgetattr (STDIN_FILENO, &shown) != 0)
        return problem_set (problem, ERR_IO, "terminal", "%s", strerror (errno));
    struct termios hidden = shown;
    hidden.c_lflag &= ~(tcflag_t) ECHO;
    tcsetattr (STDIN_FILENO, TCSAFLUSH,
        &hidden); /*  before the question: what answers it is neither shown nor lost */
    fprintf (stderr, "%s: ", question);
    int rc = read_line (STDIN_FILENO, question, text, problem);
    tcsetattr (STDIN_FILENO, TCSADRAIN, &shown);
    fputc ('\n', stderr);
    return rc;
}

int secret_complete (const secret_sources_t *self, problem_t *problem)
{
    assert (self && self->keys);
    bool terminal = isatty (STDIN_FILENO);
    if (self->secret_file && *self->keys->secret)
        return problem_set (
            problem, ERR_SETTING, "--secret-key-file", "--secret-key is given too, expected one of them");
    if (!*self->keys->key_id && !terminal)
        return problem_set (problem, ERR_MISSING, "--api-key", "not given, expected the account's key id");
    if (!*self->keys->key_id) {
        int rc = prompt ("API key", self->keys->key_id, problem);
        if (rc)
            return rc;
    }
    if (self->secret_file)
        return read_file (self->secret_file, self->keys->secret, problem);
    if (*self->keys->secret)
        return 0;
    if (terminal)
        return prompt ("Secret key", self->keys->secret, problem);
    return problem_set (
        problem, ERR_MISSING, "--secret-key", "not given, expected it or --secret-key-file FILE (- = stdin)");
}

const char *secret_mask (const char *key_id, char text[SECRET_MASK_MAX])
{
    assert (key_id && text);
    snprintf (text, SECRET_MASK_MAX, "%.*s****", strlen (key_id) >= 12 ? 4 : 0, key_id);
    return text;
}
