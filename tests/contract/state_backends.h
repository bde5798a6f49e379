/*  state_backends.h: the implementations of storage/state.h that its stories run over, each with an empty store a story.
 */
#ifndef STATE_BACKENDS_H
#define STATE_BACKENDS_H

#include "storage/state.h"

typedef struct {
    const char *name;
    void *(*place_new) (void); /*  an empty store */
    void (*place_destroy) (void *place);
    /*  Somebody who puts and looks: a process of its own, as it were. */
    void *(*user_new) (void *place);
    void (*user_destroy) (void *user);
    state_t *(*state) (void *user);
    void (*together) (void *user, bool begin); /*  for the test's time only: many puts as one */
    void (*settle) (void *user);               /*  what it put can be seen by others now */
    int (*refresh) (void *user);               /*  and waits for its end */
} state_backend_t;

extern const state_backend_t state_backends[];
extern const size_t state_backends_count;

#endif
