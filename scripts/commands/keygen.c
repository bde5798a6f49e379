/*  keygen.c: a new ENCRYPTION_KEY, to stdout or into a file that only its owner reads; or the certificates of actors. */
#include "scripts/commands/command.h"
#include "scripts/commands/keygen_actors.h"
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

static int make_key (const char *file)
{
    char key[VAULT_KEY_TEXT_MAX];
    problem_t problem = {0};
    int rc = vault_harden (&problem);
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

static int keygen (int argc, char **argv)
{
    const char *out = NULL;
    bool actors = false;
    keygen_actors_t wanted = {0};
    size_t count = 0;
    const option_t list[] = {
        {.name = "--out",
            .value = "FILE|DIR",
            .help = "write it there (mode 0600, never over an existing file); with --actors a directory",
            .text = &out},
        {.name = "--actors",
            .help = "certificates for links over tcp: secret/ROLE.key_secret and public/ROLE.key",
            .flag = &actors},
        {.name = "--name",
            .value = "NAME",
            .help = "with --actors: only this one, e.g. executor-7, to be revoked alone",
            .text = &wanted.name},
        {.name = "--force", .help = "with --actors: replace what stands there", .flag = &wanted.force},
        {0},
    };
    const options_t options = {.command = "keygen",
        .arguments = "[--out FILE] | --actors [TOPOLOGY] --out DIR [--name NAME] [--force]",
        .about =
            "Prints a new random key for ENCRYPTION_KEY, or writes it to a file for ENCRYPTION_KEY_FILE.\n"
            "With --actors: makes a CURVE certificate a role (docs/security.md), of a topology or of all.",
        .options = list,
        .positionals_max = 1};
    int rc = options_parse (&options, argc, argv, &count);
    if (rc)
        return rc == 1 ? EXIT_OK : rc;
    if (!actors && (count > 0 || wanted.name || wanted.force))
        return options_refuse (&options, "TOPOLOGY, --name and --force belong to --actors");
    if (!actors)
        return make_key (out);
    if (!out)
        return options_refuse (&options, "--actors needs --out DIR");
    wanted.topology = count > 0 ? argv[1] : NULL;
    wanted.out = out;
    return keygen_actors (&wanted);
}

const command_t command_keygen = {"keygen", "make a new ENCRYPTION_KEY, or certificates of actors", keygen};
