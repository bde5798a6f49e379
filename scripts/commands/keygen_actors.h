/*  keygen_actors.h: the part of `keygen` that makes the actors' certificates. */
#ifndef KEYGEN_ACTORS_H
#define KEYGEN_ACTORS_H

#include <stdbool.h>

typedef struct {
    const char *topology; /*  NULL = for every role */
    const char *name;     /*  only this one; NULL = one a role */
    const char *out;
    bool force;
} keygen_actors_t;

/*  The exit code; errors are told, and what was made is printed. */
int keygen_actors (const keygen_actors_t *self);

#endif
