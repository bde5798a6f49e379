/*  summary.h: the end of a load test, for people and for scripts. */
#ifndef SUMMARY_H
#define SUMMARY_H

#include "scripts/commands/load_test/checker.h"

#include <stdio.h>

typedef struct {
    size_t clients;
    uint64_t seed;
    const char *topology;
    int64_t shards;         /*  as asked for; 0 = those of the topology */
    const char *rate_limit; /*  "200", "off" */
    bool tls;
    size_t refused; /*  requests that the broker refused */
    size_t alerts;  /*  warnings and worse */
    const char *last_alert;
    double trading_s; /*  the master's trades, until the last copy's end */
    const check_result_t *check;
} summary_t;

bool summary_good (const summary_t *self);
void summary_print (const summary_t *self, FILE *out);
void summary_json (const summary_t *self, FILE *out);

#endif
