/*  agenda.h: what is due when, in virtual time. Equal times come out in the order they were put in. */
#ifndef SIMULATION_AGENDA_H
#define SIMULATION_AGENDA_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    int64_t at_ns;
    uint64_t order;
    int kind;       /*  DUE_* of world.h */
    uint32_t actor; /*  whom it concerns */
    uint32_t life;  /*  of the actor: an earlier life's are void */
    uint64_t number;
    void *payload; /*  owned: malloc */
} due_t;

typedef struct {
    due_t *heap;
    size_t count;
    size_t limit;
    uint64_t order;
} due_queue_t;

void due_put (due_queue_t *self, due_t due);      /*  order is given here, unless it has one (> 0) */
const due_t *due_first (const due_queue_t *self); /*  NULL = nothing */
due_t due_take (due_queue_t *self);               /*  not empty; payload is the caller's now */
void due_free (due_queue_t *self);

#endif
