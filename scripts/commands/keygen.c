/*  keygen.c: a new ENCRYPTION_KEY, to stdout or into a file that only its owner reads. */
#include "scripts/commands/command.h"
#include "scripts/commands/options.h"
#include "storage/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*  An existing file is never overwritten: it may hold the only key to a database. */
static int write_key (const char *file, const char *key, problem_t *problem)
{
    int fd = open (file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return problem_set (problem, ERR_EXISTS, file, "a key may stand there: it is not overwritten");
    if (fd < 0)
        return problem_set (problem, ERR_IO, file, "cannot be made: %s", strerror (errno));
    bool good = dprintf (fd, "%s\n", key) > 0 && fsync (fd) == 0;
    int error = errno;
    close (fd);
    if (good)
        return 0;
    unlink (file);
    return problem_set (problem, ERR_IO, file, "cannot be written: %s", strerror (error));
}

static int keygen (int argc, char **argv)
{
    const char *file = NULL;
    const option_t list[] = {
        {.name = "--out",
            .value = "FILE",
            .help = "write it there (mode 0600, never over an existing file)",
            .text = &file},
        {0},
    };
    const options_t options = {.command = "keygen",
        .arguments = "[--out FILE]",
        .about =
            "Prints a new random key for ENCRYPTION_KEY, or writes it to a file for ENCRYPTION_KEY_FILE.",
        .options = list};
    int rc = options_parse (&options, argc, argv, NULL);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    char key[VAULT_KEY_TEXT_MAX];
    problem_t problem = {0};
    rc = vault_harden (&problem);
    if (rc)
        return command_fail (&problem);
    vault_keygen (key);
    if (file)
        rc = write_key (file, key, &problem);
    else if (printf ("%s\n", key) < 0 || fflush (stdout) != 0)
        rc = problem_set (&problem, ERR_IO, "stdout", "%s", strerror (errno));
    explicit_bzero (key, sizeof key);
    return rc ? command_fail (&problem) : EXIT_OK;
}

const command_t command_keygen = {"keygen", "make a new ENCRYPTION_KEY", keygen};
