/*  directory.h: text -> number, bounded, open addressing: the index of every table in the cores.
 *
 *  Texts are borrowed: the owner keeps them unchanged while they are in. Values are the owner's entry numbers.
 *  No allocation after init. One thread at a time.
 */
#ifndef DIRECTORY_H
#define DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

#define DIRECTORY_NONE UINT32_MAX

typedef struct {
    const char **texts;
    uint32_t *values;
    uint32_t mask;
    uint32_t count;
    uint32_t limit;
} directory_t;

bool directory_init (directory_t *self, uint32_t limit); /*  false: out of memory. 0 < limit < 2^30 */
void directory_free (directory_t *self);
void directory_put (
    directory_t *self, const char *text, uint32_t value); /*  replaces; more than limit texts assert */
uint32_t directory_get (const directory_t *self, const char *text); /*  DIRECTORY_NONE = not there */
void directory_remove (directory_t *self, const char *text);

#endif
