/*  command.c: how a command ends. */
#include "scripts/commands/command.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int command_exit_code (int error)
{
    switch (abs (error)) {
    case 0: return EXIT_OK;
    case ERR_MISSING: return EXIT_USAGE;
    case ERR_SETTING:
    case ERR_SYNTAX:
    case ERR_RANGE:
    case ERR_TYPE:
    case ERR_KEY: return EXIT_SETTING;
    case ERR_CORRUPT: return EXIT_DAMAGED;
    case ERR_BROKER: return EXIT_REFUSED;
    case ERR_UNREACHABLE:
    case ERR_TIMEOUT: return EXIT_UNREACHABLE;
    case ERR_NOT_FOUND: return EXIT_NOT_FOUND;
    case ERR_MEMORY: return EXIT_MEMORY;
    case ERR_EXISTS: return EXIT_EXISTS;
    case ERR_STORAGE:
    case ERR_IO: return EXIT_IO;
    case ERR_BUSY: return EXIT_BUSY;
    default: return EXIT_FAILED;
    }
}

int command_fail (const problem_t *problem)
{
    assert (problem && problem->code != 0);
    char line[640];
    fflush (stdout);
    fprintf (stderr, "trade-copier: error: %s\n", problem_line (problem, line, sizeof line));
    return strncmp (problem->where, "--", 2) == 0 ? EXIT_USAGE : command_exit_code (problem->code);
}
