/*  measure_wishes.h: what the command line says of measuring. */
#ifndef MEASURE_WISHES_H
#define MEASURE_WISHES_H

#include "scripts/commands/load_test/measure.h"
#include "scripts/commands/options.h"

#define MEASURE_OPTIONS 8

typedef struct {
    const char *delay;
    const char *http;
    const char *events;
    const char *fills;
    const char *seconds;
    const char *slow;
    const char *failing;
    const char *connections;
} measure_wishes_t;

/*  MEASURE_OPTIONS of them, and the end of the list. */
void measure_wishes_options (measure_wishes_t *self, option_t *list);
/*  plan->clients stays 0 when nothing asks for measuring. What options_refuse returns. */
int measure_wishes_read (const measure_wishes_t *self, const options_t *options, uint64_t clients,
    uint64_t shards, measure_plan_t *plan);

/*  A number of the command line; NULL leaves it as it is. What options_refuse returns. */
int measure_wishes_number (const options_t *options, const char *name, const char *text, uint64_t least,
    uint64_t most, uint64_t *value_p);

#endif
